import type { Dealer, Publisher, Router, Socket, Subscriber } from "zeromq";
import { bindSocket } from "../endpoint.ts";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import { HostKeeper, type Lookup } from "./host_keeper.ts";
import type { Received, ReplicaTransport, TransportCounters } from "../port.ts";
import { identityOf, routeOf } from "../route.ts";
import { seedRoutingIds } from "./routing_id_seed.ts";
import { publisherOf, Subscribers } from "./subscribers.ts";
import { type Source, ZmqInbox } from "./zmq_inbox.ts";
import { sendCounted } from "./zmq_outbox.ts";
import {
  clientRouter,
  HIGH_WATER_MARKS,
  type HighWaterMarks,
  peerDealer,
  peerRouter,
  publisher,
  subscriber,
} from "./zmq_socket_options.ts";

/** Where a replica listens and whom it talks to. */
export interface ZmqReplicaOptions {
  /** `host` is an IPv4 address of this machine, or `*` for all. */
  readonly bind: {
    readonly host: string;
    readonly peerPort: number;
    readonly publishPort: number;
    readonly clientPort: number;
  };
  /** All other replicas. `host` is an IPv4 address or a name, which is looked up again and again. */
  readonly peers: readonly ZmqPeer[];
  /** Other bounds than {@linkcode HIGH_WATER_MARKS}. */
  readonly highWaterMarks?: Partial<HighWaterMarks>;
  /** How host names are resolved; the system's way if left out. */
  readonly lookup?: Lookup;
}

/** Another replica's addresses. */
export interface ZmqPeer {
  readonly id: string;
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
}

/**
 * Binds this replica's three ports and starts to connect to its peers, without waiting for them.
 * Throws a `TransportError` if a port cannot be bound or an address is not usable; then nothing stays open.
 */
export async function createZmqReplicaTransport(options: ZmqReplicaOptions): Promise<ReplicaTransport> {
  seedRoutingIds();
  const opened: Socket[] = [];
  const keepers: HostKeeper[] = [];
  try {
    const sockets = openSockets(options, opened);
    const { host, peerPort, publishPort, clientPort } = options.bind;
    await bindSocket(sockets.peers, host, peerPort, "peers");
    await bindSocket(sockets.publisher, host, publishPort, "publishing");
    await bindSocket(sockets.clients, host, clientPort, "clients");
    for (const peer of options.peers) keepers.push(keeperOf(peer, sockets, options.lookup));
    for (const keeper of keepers) void keeper.start();
    return new ZmqReplicaTransport(sockets, keepers);
  } catch (error) {
    for (const socket of opened) socket.close();
    throw error;
  }
}

interface ReplicaSockets {
  readonly all: readonly Socket[];
  readonly peers: Router;
  readonly dealers: ReadonlyMap<string, Dealer>;
  readonly publisher: Publisher;
  readonly subscribers: ReadonlyMap<string, Subscriber>;
  readonly clients: Router;
}

/** Each socket is put into `all` as soon as it is open, so that the caller can close it if a later one fails. */
function openSockets({ peers, highWaterMarks }: ZmqReplicaOptions, all: Socket[]): ReplicaSockets {
  const marks = { ...HIGH_WATER_MARKS, ...highWaterMarks };
  const opened = <S extends Socket>(socket: S): S => {
    all.push(socket);
    return socket;
  };
  return {
    all,
    peers: opened(peerRouter(marks)),
    dealers: new Map(peers.map((peer) => [peer.id, opened(peerDealer(marks))])),
    publisher: opened(publisher(marks)),
    subscribers: new Map(peers.map((peer) => [peer.id, opened(subscriber(marks))])),
    clients: opened(clientRouter(marks)),
  };
}

function keeperOf(peer: ZmqPeer, sockets: ReplicaSockets, lookup: Lookup | undefined): HostKeeper {
  const [dealer, subscriber] = [sockets.dealers.get(peer.id), sockets.subscribers.get(peer.id)];
  if (dealer === undefined || subscriber === undefined) throw new Error(`Peer ${peer.id} has no socket`);
  const lines = [{ socket: dealer, port: peer.peerPort }, { socket: subscriber, port: peer.publishPort }];
  return new HostKeeper(peer.host, lines, lookup);
}

/** The three channels, each with its bound. */
function sourcesOf({ peers, subscribers, clients }: ReplicaSockets): Source<Received>[] {
  const routed = true;
  return [
    {
      ...{ from: peers, sockets: [peers], routed, maxBytes: MAX_PACKET_BYTES.peer },
      make: (id, frames) => ({ channel: "peer", route: routeOf(id), frames }),
    },
    {
      ...{ from: new Subscribers(subscribers), sockets: [...subscribers.values()], routed },
      maxBytes: MAX_PACKET_BYTES.published,
      make: (name, frames) => ({ channel: "published", route: publisherOf(name), frames }),
    },
    {
      ...{ from: clients, sockets: [clients], routed, maxBytes: MAX_PACKET_BYTES.client },
      make: (id, frames) => ({ channel: "client", route: routeOf(id), frames }),
    },
  ];
}

class ZmqReplicaTransport implements ReplicaTransport {
  readonly counters: TransportCounters = { received: 0, sent: 0, dropped: 0, refused: 0 };
  readonly #sockets: ReplicaSockets;
  readonly #keepers: readonly HostKeeper[];
  readonly #inbox: ZmqInbox<Received>;
  #closing: Promise<void> | null = null;

  constructor(sockets: ReplicaSockets, keepers: readonly HostKeeper[]) {
    this.#sockets = sockets;
    this.#keepers = keepers;
    this.#inbox = new ZmqInbox(sourcesOf(sockets), this.counters);
  }

  receive(timeoutMs: number, limit: number): Promise<Received[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.waiter.wake();
  }

  sendToPeer(peer: string, frames: readonly Uint8Array[]): void {
    const dealer = this.#sockets.dealers.get(peer);
    if (dealer === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(peer)}, which is no peer`);
    assertFrames(frames);
    if (this.#closing !== null) this.counters.dropped++;
    else sendCounted(dealer, frames, this.counters);
  }

  publish(frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    if (this.#closing !== null) this.counters.dropped++;
    else sendCounted(this.#sockets.publisher, frames, this.counters);
  }

  sendToClient(route: string, frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    const identity = identityOf(route);
    if (this.#closing !== null || identity === null) {
      this.counters.dropped++;
      return;
    }
    sendCounted(this.#sockets.clients, [identity, ...frames], this.counters);
    this.#inbox.waiter.used(this.#sockets.clients);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const keeper of this.#keepers) keeper.close();
    await this.#inbox.close();
    for (const socket of this.#sockets.all) socket.close();
  }
}
