import type { ClientTransport, ReplicaTransport } from "../../../transport/port.ts";
import { frames, untilReplicaGets } from "../../transport/receiving.ts";

/** Some replicas and clients that can reach each other. */
export interface TransportLab {
  /** Starts the replica, or restarts it after it was closed, at the same addresses; its peers are all the others. */
  replica(id: string): Promise<ReplicaTransport>;
  /** Starts a client of all replicas. */
  client(): Promise<ClientTransport>;
  /** Closes everything that was started. */
  close(): Promise<void>;
}

/** One implementation of the ports. `open` prepares a lab for replicas of these ids, with queues of about `queue` messages. */
export interface Twin {
  readonly name: string;
  /** Returns whether that replica's transport can hold a source off. */
  holdsOff(id: string): boolean;
  /** Returns whether that replica's transport can end a single connection. */
  expels(id: string): boolean;
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
