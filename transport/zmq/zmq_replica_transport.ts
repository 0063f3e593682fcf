import type { Dealer, Publisher, Router } from "zeromq";
import { bindSocket } from "../endpoint.ts";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import { Lines } from "../lines.ts";
import { firstMembers, lineIdentity, requireMembers } from "../members.ts";
import type { Received, ReplicaTransport, TransportCounters, TransportMembers, TransportPeer } from "../port.ts";
import { identityOf, routeOf } from "../route.ts";
import { HostConnector, type Lookup } from "./host_connector.ts";
import { seedRoutingIds } from "./routing_id_seed.ts";
import { publisherOf, Subscribers } from "./subscribers.ts";
import { serveCurve, speakCurve, type ZmqCurve } from "./zmq_curve.ts";
import { type Source, ZmqInbox } from "./zmq_inbox.ts";
import { ZmqLine } from "./zmq_line.ts";
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
export type ZmqPeer = Omit<TransportPeer, "curveKey">;

/**
 * Binds this replica's three ports and starts to connect to its peers, without waiting for them.
 * Throws a `TransportError` if a port cannot be bound or an address is not usable; then nothing stays open.
 */
export async function createZmqReplicaTransport(options: ZmqReplicaOptions): Promise<ReplicaTransport> {
  const members = firstMembers(options.peers, options.curve ?? null);
  requireMembers(members, options.curve?.keys.publicKey ?? null);
  seedRoutingIds();
  const transport = new ZmqReplicaTransport(options);
  try {
    await transport.bind();
    transport.reconfigure(members);
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Sockets that others connect to. */
interface Servers {
  readonly peers: Router;
  readonly publisher: Publisher;
  readonly clients: Router;
}

function openServers(marks: HighWaterMarks, curve: ZmqCurve | undefined): Servers {
  const servers = { peers: peerRouter(marks), publisher: publisher(marks), clients: clientRouter(marks) };
  for (const server of Object.values(servers)) serveCurve(server, curve);
  return servers;
}

/**
 * Looks, one a second, that find a line to a peer quiet before it is connected anew. A dealer that takes nothing has been down or refused for that long or has
 * 256 messages before it, which a peer that comes to itself is better off without. A publisher may have nothing to say for hours; connecting
 * anew costs it nothing but what it says in those milliseconds, and §5.7 repeats that.
 */
const PATIENCE = { dealer: 3, subscriber: 5 } as const;
/** Not even an empty message is as small. */
const NOTHING = -1;

/** The three channels, each with its bound, and what peers answer where no answer is expected, all of which is refused. */
function sourcesOf({ peers, clients }: Servers, published: Subscribers, answers: Subscribers): Source<Received>[] {
  const routed = true;
  return [
    {
      ...{ from: peers, routed, maxBytes: MAX_PACKET_BYTES.peer },
      make: (id, frames) => ({ channel: "peer", route: routeOf(id), frames }),
    },
    {
      ...{ from: published, routed, maxBytes: MAX_PACKET_BYTES.published },
      make: (name, frames) => ({ channel: "published", route: publisherOf(name), frames }),
    },
    {
      ...{ from: clients, routed, maxBytes: MAX_PACKET_BYTES.client },
      make: (id, frames) => ({ channel: "client", route: routeOf(id), frames }),
    },
    {
      ...{ from: answers, routed, maxBytes: NOTHING },
      make: (name, frames) => ({ channel: "peer", route: publisherOf(name), frames }),
    },
  ];
}

class ZmqReplicaTransport implements ReplicaTransport {
  readonly counters: TransportCounters = { received: 0, sent: 0, dropped: 0, refused: 0 };
  readonly #options: ZmqReplicaOptions;
  readonly #marks: HighWaterMarks;
  readonly #servers: Servers;
  readonly #lines: Lines<TransportPeer, ZmqLine>;
  /** The subscribers of all lines as one, and the dealers. */
  readonly #published = new Subscribers();
  readonly #answers = new Subscribers();
  readonly #inbox: ZmqInbox<Received>;
  #closing: Promise<void> | null = null;

  constructor(options: ZmqReplicaOptions) {
    this.#options = options;
    this.#marks = { ...HIGH_WATER_MARKS, ...options.highWaterMarks };
    this.#servers = openServers(this.#marks, options.curve);
    const isInClear = options.curve === undefined;
    this.#lines = new Lines(
      (peer) => lineIdentity(peer, isInClear, peer.peerPort, peer.publishPort),
      (peer) => this.#line(peer),
    );
    const sources = sourcesOf(this.#servers, this.#published, this.#answers);
    this.#inbox = new ZmqInbox(sources, this.counters, Object.values(this.#servers));
  }

  /** Listens. Throws a `TransportError`. */
  async bind(): Promise<void> {
    const { host, peerPort, publishPort, clientPort } = this.#options.bind;
    await bindSocket(this.#servers.peers, host, peerPort, "peers");
    await bindSocket(this.#servers.publisher, host, publishPort, "publishing");
    await bindSocket(this.#servers.clients, host, clientPort, "clients");
  }

  reconfigure(members: TransportMembers): void {
    if (this.#closing !== null) return;
    requireMembers(members, this.#options.curve?.keys.publicKey ?? null);
    this.#lines.replace(members.peers);
    const named = [...this.#lines.byName];
    this.#published.replace(new Map(named.map(([name, { subscriber }]) => [name, subscriber!])));
    this.#answers.replace(new Map(named.map(([name, { dealer }]) => [name, dealer])));
  }

  receive(timeoutMs: number, limit: number): Promise<Received[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.waiter.wake();
  }

  sendToPeer(peer: string, frames: readonly Uint8Array[]): void {
    const line = this.#lines.get(peer);
    if (line === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(peer)}, which is no peer`);
    assertFrames(frames);
    if (this.#closing !== null) this.counters.dropped++;
    else this.#send(line.dealer, frames);
  }

  /** Nothing to do: its own thread sends at once. */
  flushPeers(): void {}

  publish(frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    if (this.#closing !== null) this.counters.dropped++;
    else this.#send(this.#servers.publisher, frames);
  }

  sendToClient(route: string, frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    const identity = identityOf(route);
    if (this.#closing !== null || identity === null) {
      this.counters.dropped++;
      return;
    }
    this.#send(this.#servers.clients, [identity, ...frames]);
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
    const lines = [...this.#lines.byName.values()];
    for (const line of lines) line.stop();
    await this.#inbox.close();
    for (const line of lines) line.closeSockets();
    for (const server of Object.values(this.#servers)) server.close();
  }

  #line({ host, peerPort, publishPort, curveKey }: TransportPeer): ZmqLine {
    const { curve, lookup } = this.#options;
    const [dealer, heard] = [peerDealer(this.#marks), subscriber(this.#marks)];
    for (const socket of [dealer, heard]) speakCurve(socket, curve, curveKey);
    // Asking may silence the wake-up descriptor (`zmq_poll.ts`); all that waits behind it then is what is dropped anyway.
    const isFull = () => !dealer.writable;
    const isUnheard = () => !this.#published.takeHeard(heard);
    const connector = new HostConnector(host, [
      { socket: dealer, port: peerPort, isQuiet: isFull, patience: PATIENCE.dealer },
      { socket: heard, port: publishPort, isQuiet: isUnheard, patience: PATIENCE.subscriber },
    ], lookup);
    return new ZmqLine(dealer, heard, connector, this.#inbox.waiter);
  }
}
