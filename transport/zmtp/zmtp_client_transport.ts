import { assertFrames } from "../frame_limits.ts";
import { type Line, Lines } from "../lines.ts";
import { awaitLookups } from "../lookup_patience.ts";
import { lineIdentity, requireReplicas, withKey } from "../members.ts";
import type { ClientTransport, TransportCounters, TransportReplica } from "../port.ts";
import { Inbox } from "./inbox.ts";
import type { Dialer } from "./net/dialer.ts";
import { Network, type NetworkOptions } from "./net/network.ts";
import { ZMTP_QUEUES, type ZmtpQueues } from "./queues.ts";
import { clientMechanism, type CurveIdentity, HEARTBEAT, limitsOf } from "./settings.ts";
import { DealerSocket } from "./socket/dealer_socket.ts";
import { zeroCounters } from "./socket/link.ts";
import { sumCounters } from "./sum_counters.ts";

/** Whom a client talks to, and its keys. */
export interface ZmtpClientOptions {
  /** `host` is an address, or a name that is looked up before each attempt to connect. */
  readonly replicas: readonly Omit<TransportReplica, "curveKey">[];
  /** Keys for CURVE; left out, all is in clear. */
  readonly curve?: CurveIdentity;
  /** Other bounds than {@linkcode ZMTP_QUEUES}. */
  readonly queues?: Partial<ZmtpQueues>;
  readonly network?: NetworkOptions;
}

type Answer = { readonly replica: string; readonly frames: readonly Uint8Array[] };

/**
 * Starts to connect to all replicas; what is sent before a connection is up waits in that replica's queue.
 * Resolves once host names are looked up, or after two seconds. Throws a `TransportError` if an address is not usable.
 */
export async function createZmtpClientTransport(options: ZmtpClientOptions): Promise<ZmtpClientTransport> {
  const transport = new ZmtpClientTransport(options);
  try {
    await transport.open();
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** One client's end, on this project's own ZMTP engine. */
export class ZmtpClientTransport implements ClientTransport {
  readonly counters: Readonly<TransportCounters>;
  readonly network: Network;
  readonly #options: ZmtpClientOptions;
  readonly #queues: ZmtpQueues;
  readonly #lines: Lines<TransportReplica, ReplicaLine>;
  /** Of the dealers of all lines, those that are closed included. */
  readonly #dealt = zeroCounters();
  readonly #inbox = new Inbox<Answer>([]);
  #droppedLate = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ZmtpClientOptions) {
    this.#options = options;
    this.#queues = { ...ZMTP_QUEUES, ...options.queues };
    this.network = new Network(options.network);
    const isInClear = options.curve === undefined;
    this.#lines = new Lines(
      (replica) => lineIdentity(replica, isInClear, replica.clientPort),
      (replica) => this.#line(replica),
    );
    this.counters = sumCounters([{ counters: this.#dealt }], () => this.#droppedLate, this.network.ends);
  }

  /** Begins to connect; resolves once names are looked up, or after a while. */
  async open(): Promise<void> {
    const { replicas, curve } = this.#options;
    this.reconfigure(replicas.map((replica) => withKey(replica, curve?.replicas)));
    await awaitLookups([...this.#lines.byName.values()].map(({ lookedUp }) => lookedUp));
  }

  reconfigure(replicas: readonly TransportReplica[]): void {
    if (this.#closing !== null) return;
    requireReplicas(replicas, this.#options.curve?.keys.publicKey ?? null);
    this.#lines.replace(replicas);
    this.#inbox.replaceSources([...this.#lines.byName].map(([replica, { dealer }]) => () => {
      const frames = dealer.take();
      return frames && { replica, frames };
    }));
  }

  receive(timeoutMs: number, limit: number): Promise<Answer[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  send(replica: string, frames: readonly Uint8Array[]): void {
    const line = this.#lines.get(replica);
    if (line === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(replica)}, which is no replica`);
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else line.dealer.send(frames);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#inbox.close();
    await this.network.close();
  }

  #line(replica: TransportReplica): ReplicaLine {
    const { requestMessages: messages, requestBytes: bytes } = this.#queues;
    const dealer = new DealerSocket({ messages, bytes }, () => this.#inbox.signal(), this.#dealt);
    const mechanism = clientMechanism(this.#options.curve ?? null, replica);
    const limits = limitsOf("answer", messages, bytes);
    const options = { socketType: "DEALER", connects: true, mechanism, limits, heartbeat: HEARTBEAT } as const;
    const dialer = this.network.dial({ host: replica.host, port: replica.clientPort }, options, dealer);
    return new ReplicaLine(this.network, dialer, dealer);
  }
}

/** The connection that a client keeps to a replica. */
class ReplicaLine implements Line {
  readonly dealer: DealerSocket;
  readonly #network: Network;
  readonly #dialer: Dialer;

  constructor(network: Network, dialer: Dialer, dealer: DealerSocket) {
    this.dealer = dealer;
    this.#network = network;
    this.#dialer = dialer;
  }

  get lookedUp(): Promise<void> {
    return this.#dialer.lookedUp;
  }

  rename(id: string): void {
    this.#dialer.rename(id);
  }

  close(): void {
    void this.#network.hangUp(this.#dialer);
    this.dealer.close();
  }
}
