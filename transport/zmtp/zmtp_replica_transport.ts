import { requirePeerHost, tcpAddress } from "../endpoint.ts";
import { assertFrames } from "../frame_limits.ts";
import type { Received, ReplicaTransport, TransportCounters } from "../port.ts";
import { bindPort } from "./bind.ts";
import type { Mechanism } from "./connection/connection_options.ts";
import { QueuedBytes } from "./connection/framing/queued_bytes.ts";
import type { SocketType } from "./connection/handshake/socket_type.ts";
import { HeldBytes } from "./connection/held_bytes.ts";
import type { ConnectionLimits } from "./connection/limits.ts";
import { Inbox } from "./inbox.ts";
import { Network, type NetworkOptions } from "./net/network.ts";
import { MAX_HELD_BYTES, MAX_QUEUED_BYTES, ZMTP_QUEUES, type ZmtpQueues } from "./queues.ts";
import { clientMechanism, type CurveIdentity, HEARTBEAT, limitsOf, serverMechanism } from "./settings.ts";
import { DealerSocket } from "./socket/dealer_socket.ts";
import type { LinkOwner } from "./socket/link.ts";
import { PubSocket } from "./socket/pub_socket.ts";
import { RouterSocket } from "./socket/router_socket.ts";
import { SubSocket } from "./socket/sub_socket.ts";
import { sumCounters } from "./sum_counters.ts";

/** Another replica's addresses. */
export interface ZmtpPeer {
  readonly id: string;
  /** An address, or a name that is looked up before each attempt to connect. */
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
}

/** Addresses a replica listens at, the peers it talks to, and its keys. */
export interface ZmtpReplicaOptions {
  /** `host` is an address of this machine, `*` for all IPv4 ones, or `::` for all. */
  readonly bind: {
    readonly host: string;
    readonly peerPort: number;
    readonly publishPort: number;
    readonly clientPort: number;
  };
  readonly peers: readonly ZmtpPeer[];
  /** Keys for CURVE, with those of the clients that may come by their ids; left out, all is in clear and open to everybody. */
  readonly curve?: CurveIdentity & { readonly clients: ReadonlyMap<string, Uint8Array> };
  /** Other bounds than {@linkcode ZMTP_QUEUES}. */
  readonly queues?: Partial<ZmtpQueues>;
  readonly network?: NetworkOptions;
}

/**
 * Listens at this replica's three ports and starts to connect to its peers, without waiting for them.
 * Throws a `TransportError` if a port cannot be bound or an address is not usable; then nothing stays open.
 */
export async function createZmtpReplicaTransport(options: ZmtpReplicaOptions): Promise<ZmtpReplicaTransport> {
  const transport = new ZmtpReplicaTransport(options);
  try {
    await transport.open();
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** One replica's end of the network, on this project's own ZMTP engine. */
export class ZmtpReplicaTransport implements ReplicaTransport {
  readonly counters: Readonly<TransportCounters>;
  readonly network: Network;
  readonly #options: ZmtpReplicaOptions;
  readonly #queues: ZmtpQueues;
  readonly #inbox: Inbox<Received>;
  readonly #peers: RouterSocket;
  readonly #clients: RouterSocket;
  readonly #publisher = new PubSocket();
  readonly #published: SubSocket;
  readonly #dealers: ReadonlyMap<string, DealerSocket>;
  #droppedLate = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ZmtpReplicaOptions) {
    this.#options = options;
    this.#queues = { ...ZMTP_QUEUES, ...options.queues };
    this.network = new Network(options.network);
    const signal = () => this.#inbox.signal();
    this.#peers = new RouterSocket(signal);
    this.#clients = new RouterSocket(signal);
    this.#published = new SubSocket(signal);
    const backlog = { messages: 0, bytes: 0 };
    this.#dealers = new Map(options.peers.map(({ id }) => [id, new DealerSocket(backlog, signal)]));
    this.#inbox = new Inbox([
      () => fromRouter("peer", this.#peers),
      () => fromPublisher(this.#published),
      () => fromRouter("client", this.#clients),
      () => this.#drainDealers(),
    ]);
    const sockets = [this.#peers, this.#clients, this.#publisher, this.#published, ...this.#dealers.values()];
    this.counters = sumCounters(sockets, () => this.#droppedLate, this.network.ends);
  }

  /** Listens and begins to connect. Throws a `TransportError`. */
  async open(): Promise<void> {
    const { bind: ports, peers, curve = null } = this.#options;
    for (const peer of peers) requireUsable(peer);
    const replicas = new Map([...curve?.replicas ?? []].filter(([id]) => this.#dealers.has(id)));
    const [fromPeers, fromClients] = [
      serverMechanism(curve, replicas),
      serverMechanism(curve, curve?.clients ?? new Map()),
    ];
    const { clientMessages, clientBytes, publishMessages, publishBytes } = this.#queues;
    const stray = limitsOf("none", publishMessages, publishBytes);
    await this.#listen(ports.peerPort, "peers", "ROUTER", fromPeers, limitsOf("peer", 1, 1), this.#peers);
    await this.#listen(ports.publishPort, "publishing", "PUB", fromPeers, stray, this.#publisher);
    const limits = limitsOf("client", clientMessages, clientBytes);
    await this.#listen(ports.clientPort, "clients", "ROUTER", fromClients, limits, this.#clients);
    for (const peer of peers) this.#dial(peer);
  }

  receive(timeoutMs: number, limit: number): Promise<Received[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  sendToPeer(peer: string, frames: readonly Uint8Array[]): void {
    const dealer = this.#dealers.get(peer);
    if (dealer === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(peer)}, which is no peer`);
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else dealer.send(frames);
  }

  flushPeers(): void {
    for (const dealer of this.#dealers.values()) dealer.flush();
  }

  publish(frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else this.#publisher.send(frames);
  }

  sendToClient(route: string, frames: readonly Uint8Array[]): void {
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else this.#clients.send(route, frames);
  }

  holdOff({ channel, route, owner }: Pick<Received, "channel" | "route" | "owner">, forMs: number): void {
    if (this.#closing !== null) return;
    if (channel === "published") this.#published.holdOff(route, forMs);
    else (channel === "peer" ? this.#peers : this.#clients).holdOff(route, owner ?? null, forMs);
  }

  expel({ channel, route }: Pick<Received, "channel" | "route">, offence: string): boolean {
    if (this.#closing !== null || channel === "published") return false;
    return (channel === "peer" ? this.#peers : this.#clients).expel(route, offence);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const socket of [this.#peers, this.#clients, this.#published]) socket.close();
    await this.#inbox.close();
    await this.network.close();
  }

  async #listen(
    ...[port, purpose, socketType, mechanism, limits, owner]: [
      ...[port: number, purpose: string, socketType: SocketType, mechanism: Mechanism],
      ...[limits: ConnectionLimits, owner: LinkOwner],
    ]
  ): Promise<void> {
    const shared = { queuedBytes: new QueuedBytes(MAX_QUEUED_BYTES), heldBytes: new HeldBytes(MAX_HELD_BYTES) };
    const options = { socketType, connects: false, mechanism, limits, heartbeat: HEARTBEAT, ...shared };
    const listen = (hostname: string) => void this.network.listen(hostname, port, options, owner);
    await bindPort(this.#options.bind.host, port, purpose, listen);
  }

  #dial({ id, host, peerPort, publishPort }: ZmtpPeer): void {
    const { peerMessages, peerBytes } = this.#queues;
    const mechanism = clientMechanism(this.#options.curve ?? null, id);
    const common = { connects: true, mechanism, heartbeat: HEARTBEAT };
    const dealer = { ...common, socketType: "DEALER" as const, limits: limitsOf("none", peerMessages, peerBytes) };
    const subscriber = { ...common, socketType: "SUB" as const, limits: limitsOf("published", 1, 1) };
    void this.network.dial({ host, port: peerPort }, dealer, this.#dealers.get(id)!);
    void this.network.dial({ host, port: publishPort }, subscriber, this.#published.publisher(id));
  }

  /** Peers answer where no answer is expected; all of it is refused. */
  #drainDealers(): null {
    for (const dealer of this.#dealers.values()) {
      while (dealer.take() !== null) {
        dealer.counters.received--;
        dealer.counters.refused++;
      }
    }
    return null;
  }
}

function fromRouter(channel: "peer" | "client", router: RouterSocket): Received | null {
  const message = router.take();
  if (message === null) return null;
  const { route, peer, frames } = message;
  return peer === null ? { channel, route, frames } : { channel, route, owner: peer, frames };
}

function fromPublisher(published: SubSocket): Received | null {
  const message = published.take();
  return message && { channel: "published", route: message.publisher, frames: message.frames };
}

function requireUsable({ host, peerPort, publishPort }: ZmtpPeer): void {
  requirePeerHost(host);
  for (const port of [peerPort, publishPort]) tcpAddress(host, port);
}
