/** The in-memory twin of the ZeroMQ transport, for tests: same ports, same bounds and counters, no sockets. */
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import { requireMembers, requireReplicas } from "../members.ts";
import type {
  ClientTransport,
  Received,
  ReplicaTransport,
  TransportCounters,
  TransportMembers,
  TransportReplica,
} from "../port.ts";
import { routeOf } from "../route.ts";
import { MemoryInbox } from "./memory_inbox.ts";

/** Messages queued per pair of ends before more are dropped. */
export const MEMORY_QUEUES = {
  /** From one peer to another. */
  peer: 512,
  /** From a publisher to one peer. */
  published: 2048,
  /** From one client to one replica. */
  client: 512,
  /** From one replica to one client. */
  answer: 512,
};
export type MemoryQueues = typeof MEMORY_QUEUES;

type Answer = { readonly replica: string; readonly frames: readonly Uint8Array[] };
type Frames = readonly Uint8Array[];

/**
 * Connects transports of one process. Delivery is immediate, in order and lossless until a queue is full; frames for an end that is not
 * attached are dropped and counted. Frames are copied, as a network would. A member's host is the id under which it is attached; nobody is authenticated.
 */
export class MemoryNetwork {
  readonly #queues: MemoryQueues;
  readonly #replicas = new Map<string, MemoryReplica>();
  readonly #clients = new Map<string, MemoryClient>();
  #attached = 0;

  constructor(queues: Partial<MemoryQueues> = {}) {
    this.#queues = { ...MEMORY_QUEUES, ...queues };
  }

  /** Attaches a replica. Throws an `Error` if one with that id is already attached. */
  replica(self: string, peers: readonly string[]): ReplicaTransport {
    if (this.#replicas.has(self)) throw new Error(`Replica ${self} is attached already, want one of each id`);
    const replica: MemoryReplica = new MemoryReplica(this.#newRoute(), peers, this.#queues, {
      replica: (id) => this.#replicas.get(id),
      client: (route) => this.#clients.get(route),
      others: () => [...this.#replicas.values()].filter((other) => other !== replica),
      detach: () => this.#replicas.delete(self),
      self,
    });
    this.#replicas.set(self, replica);
    return replica;
  }

  /** Attaches a client, under a route of its own. */
  client(replicas: readonly string[]): ClientTransport {
    const route = this.#newRoute();
    const client: MemoryClient = new MemoryClient(route, replicas, this.#queues, {
      replica: (id) => this.#replicas.get(id),
      detach: () => this.#clients.delete(route),
    });
    this.#clients.set(route, client);
    return client;
  }

  /** Returns a route of the form ZeroMQ makes up: a zero byte and a 32-bit number. */
  #newRoute(): string {
    return routeOf(new ByteWriter(5).u8(0).u32(++this.#attached).finish());
  }
}

const noCounters = (): TransportCounters => ({ received: 0, sent: 0, dropped: 0, refused: 0 });
const copied = (frames: Frames): Frames => frames.map((frame) => new Uint8Array(frame));

const CHANNELS = ["peer", "published", "client"] as const;

interface ReplicaLinks {
  readonly self: string;
  replica(id: string): MemoryReplica | undefined;
  client(route: string): MemoryClient | undefined;
  others(): readonly MemoryReplica[];
  detach(): void;
}

class MemoryReplica implements ReplicaTransport {
  readonly counters = noCounters();
  readonly #route: string;
  /** Ids under which the peers are attached, by their names. */
  #peers: ReadonlyMap<string, string>;
  readonly #links: ReplicaLinks;
  readonly #inbox: MemoryInbox<Received>;
  #closed = false;

  constructor(route: string, peers: readonly string[], queues: MemoryQueues, links: ReplicaLinks) {
    this.#route = route;
    this.#peers = new Map(peers.map((id) => [id, id]));
    this.#links = links;
    const bounds = CHANNELS.map((channel) => ({ size: queues[channel], maxBytes: MAX_PACKET_BYTES[channel] }));
    this.#inbox = new MemoryInbox<Received>(bounds, this.counters);
  }

  /** Takes a message; `sender` is its route. */
  deliver(sender: string, message: Received): boolean {
    return this.#inbox.deliver(CHANNELS.indexOf(message.channel), sender, message);
  }

  receive(timeoutMs: number, limit: number): Promise<Received[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  sendToPeer(peer: string, frames: Frames): void {
    const host = this.#peers.get(peer);
    if (host === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(peer)}, which is no peer`);
    assertFrames(frames);
    const target = this.#closed ? undefined : this.#links.replica(host);
    this.#count(target?.deliver(this.#route, { channel: "peer", route: this.#route, frames: copied(frames) }));
  }

  /** Nothing to do: what is sent has arrived. */
  flushPeers(): void {}

  publish(frames: Frames): void {
    assertFrames(frames);
    // Like PUB: who is absent or whose queue is full misses it, and no one is told.
    for (const other of this.#closed ? [] : this.#links.others()) other.hear(this.#links.self, frames);
    this.#count(!this.#closed);
  }

  /** Takes what is published at `host`, if this replica listens there. */
  hear(host: string, frames: Frames): void {
    for (const [route, at] of this.#peers) {
      if (at === host) this.deliver(route, { channel: "published", route, frames: copied(frames) });
    }
  }

  reconfigure(members: TransportMembers): void {
    if (this.#closed) return;
    requireMembers(members, null);
    const before = this.#peers;
    this.#peers = new Map(members.peers.map(({ id, host }) => [id, host]));
    for (const [name, host] of before) {
      if (this.#peers.get(name) !== host) this.#inbox.forget(CHANNELS.indexOf("published"), name);
    }
  }

  holdOff({ channel, route }: Pick<Received, "channel" | "route">, forMs: number): void {
    this.#inbox.holdOff(CHANNELS.indexOf(channel), route, forMs);
  }

  /** Does nothing: nobody is authenticated here. */
  expel(): boolean {
    return false;
  }

  sendToClient(route: string, frames: Frames): void {
    assertFrames(frames);
    const target = this.#closed ? undefined : this.#links.client(route);
    this.#count(target?.deliver(this.#links.self, copied(frames)));
  }

  close(): Promise<void> {
    if (!this.#closed) this.#links.detach();
    this.#closed = true;
    this.#inbox.close();
    return Promise.resolve();
  }

  #count(delivered: boolean | undefined): void {
    if (delivered === true) this.counters.sent++;
    else this.counters.dropped++;
  }
}

interface ClientLinks {
  replica(id: string): MemoryReplica | undefined;
  detach(): void;
}

class MemoryClient implements ClientTransport {
  readonly counters = noCounters();
  readonly #route: string;
  /** Ids under which the replicas are attached, by their names. */
  #replicas: ReadonlyMap<string, string>;
  readonly #links: ClientLinks;
  readonly #inbox: MemoryInbox<Answer>;
  #closed = false;

  constructor(route: string, replicas: readonly string[], queues: MemoryQueues, links: ClientLinks) {
    this.#route = route;
    this.#replicas = new Map(replicas.map((id) => [id, id]));
    this.#links = links;
    const bounds = { size: queues.answer, maxBytes: MAX_PACKET_BYTES.answer };
    this.#inbox = new MemoryInbox<Answer>([bounds], this.counters);
  }

  /** Takes an answer of the replica at `host`, if this client talks to it. */
  deliver(host: string, frames: Frames): boolean {
    for (const [replica, at] of this.#replicas) {
      if (at === host) return this.#inbox.deliver(0, replica, { replica, frames });
    }
    return false;
  }

  reconfigure(replicas: readonly TransportReplica[]): void {
    if (this.#closed) return;
    requireReplicas(replicas, null);
    const before = this.#replicas;
    this.#replicas = new Map(replicas.map(({ id, host }) => [id, host]));
    for (const [name, host] of before) if (this.#replicas.get(name) !== host) this.#inbox.forget(0, name);
  }

  receive(timeoutMs: number, limit: number): Promise<Answer[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  send(replica: string, frames: Frames): void {
    const host = this.#replicas.get(replica);
    if (host === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(replica)}, which is no replica`);
    assertFrames(frames);
    const message: Received = { channel: "client", route: this.#route, frames: copied(frames) };
    const delivered = !this.#closed && this.#links.replica(host)?.deliver(this.#route, message);
    if (delivered === true) this.counters.sent++;
    else this.counters.dropped++;
  }

  close(): Promise<void> {
    if (!this.#closed) this.#links.detach();
    this.#closed = true;
    this.#inbox.close();
    return Promise.resolve();
  }
}
