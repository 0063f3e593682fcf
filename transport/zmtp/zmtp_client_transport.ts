import { requirePeerHost, tcpAddress } from "../endpoint.ts";
import { assertFrames } from "../frame_limits.ts";
import { awaitLookups } from "../lookup_patience.ts";
import type { ClientTransport, TransportCounters } from "../port.ts";
import { Inbox } from "./inbox.ts";
import { Network, type NetworkOptions } from "./net/network.ts";
import { ZMTP_QUEUES, type ZmtpQueues } from "./queues.ts";
import { clientMechanism, type CurveIdentity, HEARTBEAT, limitsOf } from "./settings.ts";
import { DealerSocket } from "./socket/dealer_socket.ts";
import { sumCounters } from "./sum_counters.ts";

/** Whom a client talks to, and its keys. */
export interface ZmtpClientOptions {
  /** `host` is an address, or a name that is looked up before each attempt to connect. */
  readonly replicas: readonly { readonly id: string; readonly host: string; readonly clientPort: number }[];
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
  for (const { host, clientPort } of options.replicas) {
    requirePeerHost(host);
    tcpAddress(host, clientPort);
  }
  const transport = new ZmtpClientTransport(options);
  await transport.open();
  return transport;
}

/** One client's end, on this project's own ZMTP engine. */
export class ZmtpClientTransport implements ClientTransport {
  readonly counters: Readonly<TransportCounters>;
  readonly network: Network;
  readonly #options: ZmtpClientOptions;
  readonly #queues: ZmtpQueues;
  readonly #dealers: ReadonlyMap<string, DealerSocket>;
  readonly #inbox: Inbox<Answer>;
  #droppedLate = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ZmtpClientOptions) {
    this.#options = options;
    this.#queues = { ...ZMTP_QUEUES, ...options.queues };
    this.network = new Network(options.network);
    const { requestMessages: messages, requestBytes: bytes } = this.#queues;
    const signal = () => this.#inbox.signal();
    this.#dealers = new Map(options.replicas.map(({ id }) => [id, new DealerSocket({ messages, bytes }, signal)]));
    this.#inbox = new Inbox([...this.#dealers].map(([replica, dealer]) => () => {
      const frames = dealer.take();
      return frames && { replica, frames };
    }));
    this.counters = sumCounters([...this.#dealers.values()], () => this.#droppedLate, this.network.ends);
  }

  /** Begins to connect; resolves once names are looked up, or after a while. */
  async open(): Promise<void> {
    const { requestMessages, requestBytes } = this.#queues;
    const limits = limitsOf("answer", requestMessages, requestBytes);
    const lookedUp = this.#options.replicas.map(({ id, host, clientPort }) => {
      const mechanism = clientMechanism(this.#options.curve ?? null, id);
      const options = { socketType: "DEALER" as const, connects: true, mechanism, limits, heartbeat: HEARTBEAT };
      return this.network.dial({ host, port: clientPort }, options, this.#dealers.get(id)!);
    });
    await awaitLookups(lookedUp);
  }

  receive(timeoutMs: number, limit: number): Promise<Answer[]> {
    return this.#inbox.receive(timeoutMs, limit);
  }

  wake(): void {
    this.#inbox.wake();
  }

  send(replica: string, frames: readonly Uint8Array[]): void {
    const dealer = this.#dealers.get(replica);
    if (dealer === undefined) throw new RangeError(`Cannot send to ${JSON.stringify(replica)}, which is no replica`);
    assertFrames(frames);
    if (this.#closing !== null) this.#droppedLate++;
    else dealer.send(frames);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#inbox.close();
    await this.network.close();
  }
}
