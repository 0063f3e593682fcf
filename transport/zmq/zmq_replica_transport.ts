import type { Dealer, Publisher, Router, Socket, Subscriber } from "zeromq";
import { bindSocket } from "../endpoint.ts";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import type { Received, ReplicaTransport, TransportCounters } from "../port.ts";
import { identityOf, routeOf } from "../route.ts";
import { HostConnector, type Lookup } from "./host_connector.ts";
import { seedRoutingIds } from "./routing_id_seed.ts";
import { publisherOf, Subscribers } from "./subscribers.ts";
import { serveCurve, speakCurve, type ZmqCurve } from "./zmq_curve.ts";
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

/** Addresses a replica listens at, and the peers it talks to. */
export interface ZmqReplicaOptions {
  /** `host` is an address of this machine, `*` for all IPv4 ones, or `::` for all. */
  readonly bind: {
    readonly host: string;
    readonly peerPort: number;
    readonly publishPort: number;
    readonly clientPort: number;
  };
  /** All other replicas. `host` is an address or a name, which is looked up again and again. */
  readonly peers: readonly ZmqPeer[];
  /** Keys for CURVE; left out, all is in clear. */
  readonly curve?: ZmqCurve;
  /** Other bounds than {@linkcode HIGH_WATER_MARKS}. */
  readonly highWaterMarks?: Partial<HighWaterMarks>;
  /** Resolver of host names; the system's if left out. */
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
  const connectors: HostConnector[] = [];
  try {
    const sockets = openSockets(options, opened);
    const { host, peerPort, publishPort, clientPort } = options.bind;
    await bindSocket(sockets.peers, host, peerPort, "peers");
    await bindSocket(sockets.publisher, host, publishPort, "publishing");
    await bindSocket(sockets.clients, host, clientPort, "clients");
    for (const peer of options.peers) connectors.push(connectorOf(peer, sockets, options.lookup));
    for (const connector of connectors) void connector.start();
    return new ZmqReplicaTransport(sockets, connectors);
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
  /** All of them as one. */
  readonly published: Subscribers;
  readonly clients: Router;
}

/** Each socket is put into `all` as soon as it is open, so that the caller can close it if a later one fails. */
function openSockets({ peers, highWaterMarks, curve }: ZmqReplicaOptions, all: Socket[]): ReplicaSockets {
  const marks = { ...HIGH_WATER_MARKS, ...highWaterMarks };
  const opened = <S extends Socket>(socket: S): S => {
    all.push(socket);
    return socket;
  };
  const subscribers = new Map(peers.map((peer) => [peer.id, opened(subscriber(marks))]));
  const sockets = {
    all,
    peers: opened(peerRouter(marks)),
    dealers: new Map(peers.map((peer) => [peer.id, opened(peerDealer(marks))])),
    publisher: opened(publisher(marks)),
    subscribers,
    published: new Subscribers(subscribers),
    clients: opened(clientRouter(marks)),
  };
  for (const server of [sockets.peers, sockets.publisher, sockets.clients]) serveCurve(server, curve);
  for (const [id, client] of [...sockets.dealers, ...subscribers]) speakCurve(client, curve, id);
  return sockets;
}

function connectorOf(peer: ZmqPeer, sockets: ReplicaSockets, lookup: Lookup | undefined): HostConnector {
  const [dealer, subscriber] = [sockets.dealers.get(peer.id), sockets.subscribers.get(peer.id)];
  if (dealer === undefined || subscriber === undefined) throw new Error(`Peer ${peer.id} has no socket`);
  // Asking may silence the wake-up descriptor (`zmq_poll.ts`); all that waits behind it then is what is dropped anyway.
  const isFull = () => !dealer.writable;
  const isUnheard = () => !sockets.published.takeHeard(subscriber);
  return new HostConnector(peer.host, [
    { socket: dealer, port: peer.peerPort, isQuiet: isFull, patience: PATIENCE.dealer },
    { socket: subscriber, port: peer.publishPort, isQuiet: isUnheard, patience: PATIENCE.subscriber },
  ], lookup);
}

/**
 * Looks, one a second, that find a line to a peer quiet before it is connected anew. A dealer that takes nothing has been down for that long or has
 * 256 messages before it, which a peer that comes to itself is better off without. A publisher may have nothing to say for hours; connecting
 * anew costs it nothing but what it says in those milliseconds, and §5.7 repeats that.
 */
const PATIENCE = { dealer: 3, subscriber: 5 } as const;
/** Not even an empty message is as small. */
const NOTHING = -1;

/** The three channels, each with its bound, and what peers answer where no answer is expected, all of which is refused. */
function sourcesOf({ peers, dealers, subscribers, published, clients }: ReplicaSockets): Source<Received>[] {
  const routed = true;
  return [
    {
      ...{ from: peers, sockets: [peers], routed, maxBytes: MAX_PACKET_BYTES.peer },
      make: (id, frames) => ({ channel: "peer", route: routeOf(id), frames }),
    },
    {
      ...{ from: published, sockets: [...subscribers.values()], routed },
      maxBytes: MAX_PACKET_BYTES.published,
      make: (name, frames) => ({ channel: "published", route: publisherOf(name), frames }),
    },
    {
      ...{ from: clients, sockets: [clients], routed, maxBytes: MAX_PACKET_BYTES.client },
      make: (id, frames) => ({ channel: "client", route: routeOf(id), frames }),
    },
    {
      ...{ from: new Subscribers(dealers), sockets: [...dealers.values()], routed, maxBytes: NOTHING },
      make: (name, frames) => ({ channel: "peer", route: publisherOf(name), frames }),
    },
  ];
}

class ZmqReplicaTransport implements ReplicaTransport {
  readonly counters: TransportCounters = { received: 0, sent: 0, dropped: 0, refused: 0 };
  readonly #sockets: ReplicaSockets;
  readonly #connectors: readonly HostConnector[];
  readonly #inbox: ZmqInbox<Received>;
  #closing: Promise<void> | null = null;

  constructor(sockets: ReplicaSockets, connectors: readonly HostConnector[]) {
    this.#sockets = sockets;
    this.#connectors = connectors;
    this.#inbox = new ZmqInbox(sourcesOf(sockets), this.counters, [sockets.publisher]);
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
    else this.#send(dealer, frames);
  }

  /** Nothing to do: its own thread sends at once. */
  flushPeers(): void {}

  publish(frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    if (this.#closing !== null) this.counters.dropped++;
    else this.#send(this.#sockets.publisher, frames);
  }

  sendToClient(route: string, frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    const identity = identityOf(route);
    if (this.#closing !== null || identity === null) {
      this.counters.dropped++;
      return;
    }
    this.#send(this.#sockets.clients, [identity, ...frames]);
  }

  /** Does nothing: libzmq has no socket option to read of some connections and not of others. */
  holdOff(): void {}

  /** Does nothing: libzmq ends no single connection, and knows no owners. */
  expel(): boolean {
    return false;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  #send(socket: Dealer | Publisher | Router, frames: readonly Uint8Array[]): void {
    sendCounted(socket, frames, this.counters);
    this.#inbox.waiter.used(socket);
  }

  async #close(): Promise<void> {
    for (const connector of this.#connectors) connector.close();
    await this.#inbox.close();
    for (const socket of this.#sockets.all) socket.close();
  }
}
