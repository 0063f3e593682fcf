import type {
  ClientTransport,
  ReplicaTransport,
  TransportMembers,
  TransportPeer,
  TransportReplica,
} from "../../../transport/port.ts";
import { frames, untilReplicaGets } from "../../transport/receiving.ts";

/** Some replicas and clients that can reach each other. */
export interface TransportLab {
  /** Starts the replica, or restarts it after it was closed, at the same addresses; client `c1` may come to it. */
  replica(id: string, options?: ReplicaLabOptions): Promise<ReplicaTransport>;
  /** Starts a client, of all replicas and with the key of `c1` if nothing else is given. Client `c2` has another one. */
  client(options?: ClientLabOptions): Promise<ClientTransport>;
  /** Returns that replica as others are told of it, with its key or another one's. */
  member(id: string, key?: string): TransportPeer & TransportReplica;
  /** Returns members of which these peers and clients may come. */
  members(peers: readonly TransportPeer[], clients?: readonly string[]): TransportMembers;
  /** Closes everything that was started. */
  close(): Promise<void>;
}

/** Choices for a replica in a lab. */
export interface ReplicaLabOptions {
  /** All others if left out. */
  readonly peers?: readonly string[];
  /** The replica whose key it has; its own if left out. */
  readonly key?: string;
}

/** Choices for a client in a lab. */
export interface ClientLabOptions {
  readonly id?: "c1" | "c2";
  readonly replicas?: readonly string[];
}

/** One implementation of the ports. `open` prepares a lab for replicas of these ids, with queues of about `queue` messages. */
export interface Twin {
  readonly name: string;
  /** Returns whether that replica's transport can hold a source off. */
  holdsOff(id: string): boolean;
  /** Returns whether that replica's transport can end a single connection. */
  expels(id: string): boolean;
  /** Returns whether that replica's transport lets in only those whose keys are admitted. */
  admits(id: string): boolean;
  /** True if a member is known by key or place, and not by name. */
  readonly knowsKeys: boolean;
  open(replicas: readonly string[], queue?: number): TransportLab;
}

/** Returns once frames from `from` reach `to`; a few of them may arrive later. */
export async function connected(from: ReplicaTransport, id: string, to: ReplicaTransport): Promise<void> {
  await untilReplicaGets(`a connection to ${id}`, to, () => true, () => from.sendToPeer(id, frames("hello")));
}

/** Receives until nothing arrives for a while. */
export async function settled(transport: ReplicaTransport): Promise<void> {
  while ((await transport.receive(50, 64)).length > 0);
}
