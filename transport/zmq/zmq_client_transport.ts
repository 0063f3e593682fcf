import type { Dealer } from "zeromq";
import { assertFrames, MAX_PACKET_BYTES } from "../frame_limits.ts";
import { awaitLookups } from "../lookup_patience.ts";
import type { ClientTransport, TransportCounters } from "../port.ts";
import { HostConnector, type Lookup } from "./host_connector.ts";
import { speakCurve, type ZmqCurve } from "./zmq_curve.ts";
import { ZmqInbox } from "./zmq_inbox.ts";
import { sendCounted } from "./zmq_outbox.ts";
import { clientDealer, HIGH_WATER_MARKS, type HighWaterMarks } from "./zmq_socket_options.ts";

/** Looks, one a second, that find a replica's queue full before it is connected to anew. */
const PATIENCE = 3;

/** Whom a client talks to. */
export interface ZmqClientOptions {
  /** `host` is an address or a name, which is looked up again and again. */
  readonly replicas: readonly { readonly id: string; readonly host: string; readonly clientPort: number }[];
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
  const marks = { ...HIGH_WATER_MARKS, ...options.highWaterMarks };
  const dealers = new Map<string, Dealer>();
  const connectors: HostConnector[] = [];
  let transport: ZmqClientTransport | null = null;
  try {
    for (const { id, host, clientPort } of options.replicas) {
      const dealer = clientDealer(marks);
      dealers.set(id, dealer);
      speakCurve(dealer, options.curve, id);
      const isQuiet = () => transport?.isFull(dealer) ?? false;
      const line = { socket: dealer, port: clientPort, isQuiet, patience: PATIENCE };
      connectors.push(new HostConnector(host, [line], options.lookup));
    }
  } catch (error) {
    for (const dealer of dealers.values()) dealer.close();
    throw error;
  }
  await awaitLookups(connectors.map((connector) => connector.start()));
  return transport = new ZmqClientTransport(dealers, connectors);
}

class ZmqClientTransport implements ClientTransport {
  readonly counters: TransportCounters = { received: 0, sent: 0, dropped: 0, refused: 0 };
  readonly #dealers: ReadonlyMap<string, Dealer>;
  readonly #connectors: readonly HostConnector[];
  readonly #inbox: ZmqInbox<Answer>;
  #closing: Promise<void> | null = null;

  constructor(dealers: ReadonlyMap<string, Dealer>, connectors: readonly HostConnector[]) {
    this.#dealers = dealers;
    this.#connectors = connectors;
    const sources = [...dealers].map(([replica, socket]) => ({
      from: socket,
      sockets: [socket],
      routed: false,
      maxBytes: MAX_PACKET_BYTES.answer,
      make: (_identity: Uint8Array, frames: readonly Uint8Array[]) => ({ replica, frames }),
    }));
    this.#inbox = new ZmqInbox<Answer>(sources, this.counters);
  }

  receive(timeoutMs: number, limit: number): Promise<Answer[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.waiter.wake();
  }

  send(replica: string, frames: readonly Uint8Array[]): void {
    const dealer = this.#dealers.get(replica);
    if (dealer === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(replica)}, which is no replica`);
    assertFrames(frames);
    if (this.#closing !== null) {
      this.counters.dropped++;
      return;
    }
    sendCounted(dealer, frames, this.counters);
    this.#inbox.waiter.used(dealer);
  }

  /** Returns whether nothing more can be queued for the replica behind `dealer`. */
  isFull(dealer: Dealer): boolean {
    const full = !dealer.writable;
    this.#inbox.waiter.used(dealer);
    return full;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const connector of this.#connectors) connector.close();
    await this.#inbox.close();
    for (const dealer of this.#dealers.values()) dealer.close();
  }
}
