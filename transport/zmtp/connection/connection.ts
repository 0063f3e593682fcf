import { errorCommand } from "./command.ts";
import { checkOptions, type ConnectionOptions } from "./connection_options.ts";
import { FrameReader } from "./framing/frame_reader.ts";
import { OutputQueue } from "./framing/output_queue.ts";
import { Opening } from "./handshake/opening.ts";
import { SMALL_MESSAGE_BYTES } from "./limits.ts";
import { Subscription } from "./traffic/subscription.ts";
import { Traffic } from "./traffic/traffic.ts";
import { type CloseCause, Violation } from "./violation.ts";

export type Phase = "greeting" | "handshake" | "traffic" | "closed";

/**
 * One ZMTP connection without its socket: bytes and the time go in; messages, bytes to write and the cause of its end come out.
 *
 * Whoever drives it reads into {@linkcode room}, says so with {@linkcode filled}, asks {@linkcode next} for messages until there are none, and
 * only then reads on: what nobody takes is not read, and the other side feels it. It writes what {@linkcode output} has.
 */
export class Connection {
  readonly output: OutputQueue;
  readonly subscription = new Subscription();
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader();
  readonly #opening: Opening;
  readonly #openedAt: number;
  #traffic: Traffic | null = null;
  /** The last time at which something was written, or nothing was to be. */
  #progressAt: number;
  #peer: string | null = null;
  #key: string | null = null;
  /** Bytes of the message handed out last, which nobody may have taken up yet; 0 if they are few. */
  #handedBytes = 0;
  #accountedBytes = 0;
  #closed: CloseCause | null = null;
  #hasFarewell = false;

  /** Begins with this side's greeting in {@linkcode output}. Throws a `RangeError` on settings that contradict each other. */
  constructor(options: ConnectionOptions, now: number) {
    checkOptions(options);
    this.#options = options;
    this.output = new OutputQueue(this, options.queuedBytes);
    this.#opening = new Opening(options, this.#reader, this.output);
    this.#openedAt = this.#progressAt = now;
  }

  get phase(): Phase {
    if (this.#closed !== null) return "closed";
    if (this.#traffic !== null) return "traffic";
    return this.#opening.isGreeted ? "handshake" : "greeting";
  }

  /** The cause of the end; null until then. */
  get closed(): CloseCause | null {
    return this.#closed;
  }

  /** True if {@linkcode output} is to be written in spite of the end: it tells the other side why. */
  get hasFarewell(): boolean {
    return this.#hasFarewell;
  }

  /** The name of the other side's key, once it has proved that it has it; null before, and where nobody is authenticated. */
  get peer(): string | null {
    return this.#peer;
  }

  /** The key that was admitted here, in hexadecimal digits; null before, and where this side admits nobody. */
  get key(): string | null {
    return this.#key;
  }

  /** Messages of the other side that were dropped because they exceeded a limit. */
  get refused(): number {
    return this.#traffic?.refused ?? 0;
  }

  /** Bytes held for what comes in. */
  get heldBytes(): number {
    return this.#reader.bufferBytes + this.#unfinishedBytes;
  }

  /** True while it waits for leave to compute; nothing is to be read then. */
  get isWaiting(): boolean {
    return this.#opening.isWaiting;
  }

  /** Returns where to read to. Only when {@linkcode next} has nothing more. */
  room(): Uint8Array {
    const room = this.#reader.room();
    this.#account();
    return room;
  }

  /** Takes note of `count` bytes in {@linkcode room}, and goes on with greeting and handshake. */
  filled(count: number, now: number): void {
    if (this.#closed !== null) return;
    this.#reader.filled(count);
    if (this.#traffic !== null) this.#traffic.heard(now);
    else this.#guarded(() => this.#open(now));
  }

  /** Goes on after leave to compute was refused, asking again. */
  resume(now: number): void {
    if (this.isWaiting && this.#closed === null) this.#guarded(() => this.#open(now));
  }

  /** Returns the next message; null if there is none in what has been read, or the connection has ended. */
  next(): Uint8Array[] | null {
    if (this.#traffic === null || this.#closed !== null) return null;
    try {
      const message = this.#traffic.next();
      this.#handedBytes = message === null ? 0 : notable(message);
      if (message === null || this.#handedBytes + this.#accountedBytes > 0) this.#account();
      return message;
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** Queues a message. Returns false, queueing nothing, if the connection is not up or the queue is full. */
  send(frames: readonly Uint8Array[]): boolean {
    if (this.#traffic === null || this.#closed !== null) return false;
    try {
      return this.#traffic.send(frames);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Subscribes to everything the other side publishes. Only when established. */
  subscribe(): void {
    this.#guarded(() => this.#traffic?.subscribe());
  }

  /** Notes that some bytes have been written. */
  wrote(now: number): void {
    this.#progressAt = now;
    this.output.progressed();
  }

  /**
   * Looks at what is due by time: ends what is late, and asks a silent peer. `now` is to stand still while this side does; `isReading` is false while
   * nothing is read, since nobody takes what has come.
   */
  tick(now: number, isReading = true): void {
    if (this.#closed !== null) return;
    if (this.output.bytes === 0) this.#progressAt = now;
    this.#guarded(() => {
      this.#checkProgress(now);
      this.#traffic?.tick(now, isReading);
    });
  }

  /** Calls the other side by another name from now on, if it has one. */
  rename(name: string): void {
    if (this.#peer !== null) this.#peer = name;
  }

  /** Ends it, for a cause from outside. The first cause counts. */
  close(cause: CloseCause): void {
    this.#closed ??= cause;
    this.#options.heldBytes?.hold(this, 0);
  }

  /** Forgets what it has queued, and ends: others need the room. */
  giveWay(): void {
    this.close({ code: "memory", detail: `What it did not read made room for others: ${this.output.bytes} bytes` });
    this.output.discard();
  }

  #open(now: number): void {
    const established = this.#opening.advance();
    if (established === null) return;
    const { codec, peer, key } = established;
    const [options, reader, output, subscription] = [this.#options, this.#reader, this.output, this.subscription];
    this.#peer = peer;
    this.#key = key;
    this.#traffic = new Traffic({ options, reader, output, codec, subscription, minor: this.#opening.minor }, now);
  }

  #checkProgress(now: number): void {
    const { limits: { handshakeMs }, heartbeat: { stalledAfterMs } } = this.#options;
    if (this.#traffic === null && now - this.#openedAt >= handshakeMs) {
      throw new Violation("handshake-time", `No handshake within ${handshakeMs} ms`);
    }
    if (now - this.#progressAt >= stalledAfterMs) {
      throw new Violation("stalled", `Nothing could be written for ${stalledAfterMs} ms`);
    }
  }

  get #unfinishedBytes(): number {
    return this.#reader.largeBytes + (this.#traffic?.keptBytes ?? 0) + this.#handedBytes;
  }

  #account(): void {
    const bytes = this.#unfinishedBytes;
    if (bytes === this.#accountedBytes || this.#closed !== null) return;
    this.#accountedBytes = bytes;
    this.#options.heldBytes?.hold(this, bytes);
  }

  /** Does `work`; a violation in it ends the connection. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof Violation)) throw error;
    // Only a handshake ends with a word, and a client of CURVE has none (RFC 26).
    if (error.reason !== null && this.#traffic === null && !("client" in this.#options.mechanism)) {
      this.output.command(errorCommand(error.reason));
      this.#hasFarewell = true;
    }
    this.close({ code: error.code, detail: error.detail });
  }
}

/** Returns the bytes of a message, 0 if they are not worth counting. */
function notable(message: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const frame of message) bytes += frame.length;
  return bytes > SMALL_MESSAGE_BYTES ? bytes : 0;
}
