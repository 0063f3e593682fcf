import type { Dealer } from "zeromq";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import { Lines } from "../lines.ts";
import { awaitLookups } from "../lookup_patience.ts";
import { lineIdentity, requireReplicas, withKey } from "../members.ts";
import type { ClientTransport, TransportCounters, TransportReplica } from "../port.ts";
import { HostConnector, type Lookup } from "./host_connector.ts";
import { publisherOf, Subscribers } from "./subscribers.ts";
import { speakCurve, type ZmqCurve } from "./zmq_curve.ts";
import { ZmqInbox } from "./zmq_inbox.ts";
import { ZmqLine } from "./zmq_line.ts";
import { sendCounted } from "./zmq_outbox.ts";
import { clientDealer, HIGH_WATER_MARKS, type HighWaterMarks } from "./zmq_socket_options.ts";

/** Looks, one a second, that find a replica's queue full, or that it has refused, before it is connected to anew. */
const PATIENCE = 3;

/** Whom a client talks to. */
export interface ZmqClientOptions {
  /** `host` is an address or a name, which is looked up again and again. */
  readonly replicas: readonly Omit<TransportReplica, "curveKey">[];
  /** Keys for CURVE; left out, all is in clear. */
  readonly curve?: ZmqCurve;
  /** Other bounds than {@linkcode HIGH_WATER_MARKS}. */
  readonly highWaterMarks?: Partial<HighWaterMarks>;
  /** Resolver of host names; the system's if left out. */
  readonly lookup?: Lookup;
}

type Answer = { readonly replica: string; readonly frames: readonly Uint8Array[] };

/**
 * Starts to connect to all replicas; what is sent before a connection is up waits in that replica's queue.
 * Resolves once host names are looked up, or after two seconds. Throws a `TransportError` if an address is not usable.
 */
export async function createZmqClientTransport(options: ZmqClientOptions): Promise<ClientTransport> {
  const transport = new ZmqClientTransport(options);
  try {
    await transport.open();
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

class ZmqClientTransport implements ClientTransport {
  readonly counters: TransportCounters = { received: 0, sent: 0, dropped: 0, refused: 0 };
  readonly #options: ZmqClientOptions;
  readonly #marks: HighWaterMarks;
  readonly #lines: Lines<TransportReplica, ZmqLine>;
  /** The dealers of all lines as one. */
  readonly #answers = new Subscribers();
  readonly #inbox: ZmqInbox<Answer>;
  #closing: Promise<void> | null = null;

  constructor(options: ZmqClientOptions) {
    this.#options = options;
    this.#marks = { ...HIGH_WATER_MARKS, ...options.highWaterMarks };
    const isInClear = options.curve === undefined;
    this.#lines = new Lines(
      (replica) => lineIdentity(replica, isInClear, replica.clientPort),
      (replica) => this.#line(replica),
    );
    const source = {
      ...{ from: this.#answers, routed: true, maxBytes: MAX_PACKET_BYTES.answer },
      make: (name: Uint8Array, frames: readonly Uint8Array[]) => ({ replica: publisherOf(name), frames }),
    };
    this.#inbox = new ZmqInbox<Answer>([source], this.counters);
  }

  /** Begins to connect; resolves once names are looked up, or after a while. */
  async open(): Promise<void> {
    const { replicas, curve } = this.#options;
    this.reconfigure(replicas.map((replica) => withKey(replica, curve?.replicas)));
    await awaitLookups([...this.#lines.byName.values()].map(({ started }) => started));
  }

  reconfigure(replicas: readonly TransportReplica[]): void {
    if (this.#closing !== null) return;
    requireReplicas(replicas, this.#options.curve?.keys.publicKey ?? null);
    this.#lines.replace(replicas);
    this.#answers.replace(new Map([...this.#lines.byName].map(([name, { dealer }]) => [name, dealer])));
  }

  receive(timeoutMs: number, limit: number): Promise<Answer[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.waiter.wake();
  }

  send(replica: string, frames: readonly Uint8Array[]): void {
    const line = this.#lines.get(replica);
    if (line === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(replica)}, which is no replica`);
    assertFrames(frames);
    if (this.#closing !== null) {
      this.counters.dropped++;
      return;
    }
    sendCounted(line.dealer, frames, this.counters);
    this.#inbox.waiter.used(line.dealer);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const lines = [...this.#lines.byName.values()];
    for (const line of lines) line.stop();
    await this.#inbox.close();
    for (const line of lines) line.closeSockets();
  }

  #line({ host, clientPort, curveKey }: TransportReplica): ZmqLine {
    const { curve, lookup } = this.#options;
    const dealer = clientDealer(this.#marks);
    speakCurve(dealer, curve, curveKey);
    const isQuiet = () => this.#isFull(dealer);
    const line = { socket: dealer, port: clientPort, isQuiet, patience: PATIENCE };
    return new ZmqLine(dealer, null, new HostConnector(host, [line], lookup), this.#inbox.waiter);
  }

  /** Returns whether nothing more can be queued for the replica behind `dealer`. */
  #isFull(dealer: Dealer): boolean {
    const full = !dealer.writable;
    this.#inbox.waiter.used(dealer);
    return full;
  }
}
