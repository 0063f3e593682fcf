import { assertFrames } from "../frame_limits.ts";
import { Lines } from "../lines.ts";
import { firstMembers, lineIdentity, requireMembers } from "../members.ts";
import type { Received, ReplicaTransport, TransportCounters, TransportMembers, TransportPeer } from "../port.ts";
import { bindPort } from "./bind.ts";
import type { Mechanism } from "./connection/connection_options.ts";
import { QueuedBytes } from "./connection/framing/queued_bytes.ts";
import type { SocketType } from "./connection/handshake/socket_type.ts";
import { HeldBytes } from "./connection/held_bytes.ts";
import type { ConnectionLimits } from "./connection/limits.ts";
import { Inbox } from "./inbox.ts";
import type { Listener } from "./net/listener.ts";
import { Network, type NetworkOptions } from "./net/network.ts";
import { PeerLine } from "./peer_line.ts";
import { MAX_HELD_BYTES, MAX_QUEUED_BYTES, ZMTP_QUEUES, type ZmtpQueues } from "./queues.ts";
import { AdmittedKeys, clientMechanism, type CurveIdentity, HEARTBEAT, limitsOf, serverMechanism } from "./settings.ts";
import { DealerSocket } from "./socket/dealer_socket.ts";
import { type LinkOwner, zeroCounters } from "./socket/link.ts";
import { PubSocket } from "./socket/pub_socket.ts";
import { RouterSocket } from "./socket/router_socket.ts";
import { SubSocket } from "./socket/sub_socket.ts";
import { sumCounters } from "./sum_counters.ts";

/** Another replica's addresses. A host that is a name is looked up before each attempt to connect. */
export type ZmtpPeer = Omit<TransportPeer, "curveKey">;

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
  /** Of the dealers of all lines, those that are closed included. */
  readonly #dealt = zeroCounters();
  readonly #lines: Lines<TransportPeer, PeerLine>;
  readonly #admittedPeers = new AdmittedKeys();
  readonly #admittedClients = new AdmittedKeys();
  #listeners: readonly Listener[] = [];
  #droppedLate = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ZmtpReplicaOptions) {
    this.#options = options;
    this.#queues = { ...ZMTP_QUEUES, ...options.queues };
    this.network = new Network(options.network);
    const signal = () => this.#inbox.signal();
    // Who comes knows this replica, and may have refused it before.
    this.#peers = new RouterSocket(signal, (peer) => this.#lines.get(peer ?? "")?.retryIfRefused());
    this.#clients = new RouterSocket(signal);
    this.#published = new SubSocket(signal);
    const isInClear = options.curve === undefined;
    this.#lines = new Lines(
      (peer) => lineIdentity(peer, isInClear, peer.peerPort, peer.publishPort),
      (peer) => this.#line(peer),
    );
    this.#inbox = new Inbox([
      () => fromRouter("peer", this.#peers),
      () => fromPublisher(this.#published),
      () => fromRouter("client", this.#clients),
      () => this.#drainDealers(),
    ]);
    const sockets = [this.#peers, this.#clients, this.#publisher, this.#published, { counters: this.#dealt }];
    this.counters = sumCounters(sockets, () => this.#droppedLate, this.network.ends);
  }

  /** Listens and begins to connect. Throws a `TransportError`. */
  async open(): Promise<void> {
    const { bind: ports, curve = null } = this.#options;
    const members = firstMembers(this.#options.peers, curve);
    requireMembers(members, curve?.keys.publicKey ?? null);
    // Before anybody can come: who is refused waits before it comes again.
    this.#admit(members);
    const fromPeers = serverMechanism(curve, this.#admittedPeers);
    const fromClients = serverMechanism(curve, this.#admittedClients);
    const { clientMessages, clientBytes, publishMessages, publishBytes } = this.#queues;
    const stray = limitsOf("none", publishMessages, publishBytes);
    await this.#listen(ports.peerPort, "peers", "ROUTER", fromPeers, limitsOf("peer", 1, 1), this.#peers);
    await this.#listen(ports.publishPort, "publishing", "PUB", fromPeers, stray, this.#publisher);
    const limits = limitsOf("client", clientMessages, clientBytes);
    await this.#listen(ports.clientPort, "clients", "ROUTER", fromClients, limits, this.#clients);
    this.#lines.replace(members.peers);
  }

  reconfigure(members: TransportMembers): void {
    if (this.#closing !== null) return;
    requireMembers(members, this.#options.curve?.keys.publicKey ?? null);
    this.#admit(members);
    this.#lines.replace(members.peers);
  }

  receive(timeoutMs: number, limit: number): Promise<Received[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  sendToPeer(peer: string, frames: readonly Uint8Array[]): void {
    const line = this.#lines.get(peer);
    if (line === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(peer)}, which is no peer`);
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else line.dealer.send(frames);
  }

  flushPeers(): void {
    for (const { dealer } of this.#lines.byName.values()) dealer.flush();
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

  #admit({ admittedPeers, admittedClients }: TransportMembers): void {
    for (const name of this.#admittedPeers.replace(admittedPeers)) this.#peers.release(name);
    for (const name of this.#admittedClients.replace(admittedClients)) this.#clients.release(name);
    for (const listener of this.#listeners) listener.readmit();
  }

  async #listen(
    ...[port, purpose, socketType, mechanism, limits, owner]: [
      ...[port: number, purpose: string, socketType: SocketType, mechanism: Mechanism],
      ...[limits: ConnectionLimits, owner: LinkOwner],
    ]
  ): Promise<void> {
    const shared = { queuedBytes: new QueuedBytes(MAX_QUEUED_BYTES), heldBytes: new HeldBytes(MAX_HELD_BYTES) };
    const options = { socketType, connects: false, mechanism, limits, heartbeat: HEARTBEAT, ...shared };
    const listen = (hostname: string) => {
      this.#listeners = [...this.#listeners, this.network.listen(hostname, port, options, owner)];
    };
    await bindPort(this.#options.bind.host, port, purpose, listen);
  }

  #line(peer: TransportPeer): PeerLine {
    const dealer = new DealerSocket({ messages: 0, bytes: 0 }, () => this.#inbox.signal(), this.#dealt);
    const mechanism = clientMechanism(this.#options.curve ?? null, peer);
    const [network, queues, published] = [this.network, this.#queues, this.#published];
    return new PeerLine(peer, { network, mechanism, queues, dealer, published });
  }

  /** Peers answer where no answer is expected; all of it is refused. */
  #drainDealers(): null {
    for (const { dealer } of this.#lines.byName.values()) {
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
