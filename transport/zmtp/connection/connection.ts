import type { Codec } from "./codec.ts";
import { type Command, errorCommand, errorReason } from "./command.ts";
import { checkOptions, type ConnectionOptions } from "./connection_options.ts";
import { CurveClientHandshake } from "./curve/curve_client_handshake.ts";
import { CurveServerHandshake } from "./curve/curve_server_handshake.ts";
import { COMMAND, LONG, MORE } from "./frame_header.ts";
import { FrameReader } from "./frame_reader.ts";
import { checkGreeting, greeting, minorVersion } from "./greeting.ts";
import type { Handshake } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { COMMAND_BURST, COMMANDS_PER_SECOND, GREETING_BYTES, MAX_HANDSHAKE_COMMAND_BYTES } from "./limits.ts";
import { MessageReader } from "./message_reader.ts";
import { NullHandshake } from "./null_handshake.ts";
import { OutputQueue } from "./output_queue.ts";
import { subscribeCommand, subscribeMessage, Subscription } from "./subscription.ts";
import { TokenBucket } from "./token_bucket.ts";
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
  readonly #handshake: Handshake;
  readonly #heartbeat: Heartbeat;
  readonly #commands: TokenBucket;
  readonly #openedAt: number;
  #phase: Phase = "greeting";
  #codec: Codec | null = null;
  #messages: MessageReader | null = null;
  #minor: 0 | 1 = 1;
  #now: number;
  #progressAt: number;
  #isWaiting = false;
  #closed: CloseCause | null = null;
  #hasFarewell = false;

  /** Begins with this side's greeting in {@linkcode output}. Throws a `RangeError` on settings that contradict each other. */
  constructor(options: ConnectionOptions, now: number) {
    checkOptions(options);
    this.#options = options;
    this.output = new OutputQueue(options.sharedQueue);
    this.#handshake = handshakeOf(options);
    this.#heartbeat = new Heartbeat(options.heartbeat, now);
    this.#commands = new TokenBucket(COMMANDS_PER_SECOND, COMMAND_BURST, now);
    this.#openedAt = this.#now = this.#progressAt = now;
    this.output.raw(greeting(options.mechanism.name, this.#isServer));
  }

  get phase(): Phase {
    return this.#phase;
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
    return this.#handshake.established?.peer ?? null;
  }

  /** Messages of the other side that were dropped because they exceeded a limit. */
  get refused(): number {
    return this.#messages?.refused ?? 0;
  }

  /** Bytes held for what comes in. */
  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  /** True while it waits for leave to compute; nothing is to be read then. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Returns where to read to. Only when {@linkcode next} has nothing more. */
  room(): Uint8Array {
    return this.#reader.room();
  }

  /** Takes note of `count` bytes in {@linkcode room}, and goes on with greeting and handshake. */
  filled(count: number, now: number): void {
    if (this.#closed !== null) return;
    this.#now = now;
    this.#heartbeat.heard(now);
    this.#reader.filled(count);
    if (this.#phase !== "traffic") this.#guarded(() => this.#begin());
  }

  /** Goes on after leave to compute was refused, asking again. */
  resume(now: number): void {
    if (!this.#isWaiting || this.#closed !== null) return;
    this.#now = now;
    this.#guarded(() => this.#begin());
  }

  /** Returns the next message; null if there is none in what has been read, or the connection has ended. */
  next(): Uint8Array[] | null {
    if (this.#phase !== "traffic") return null;
    try {
      return this.#nextMessage(this.#messages!);
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** Queues a message. Returns false, queueing nothing, if the connection is not up or the queue is full. */
  send(frames: readonly Uint8Array[]): boolean {
    const { output } = this;
    const { queueMessages, queueBytes } = this.#options.limits;
    if (this.#phase !== "traffic" || output.messages >= queueMessages) return false;
    const codec = this.#codec!;
    let bytes = 0;
    for (const frame of frames) bytes += codec.wireBytes(frame.length);
    if (!output.hasRoom(bytes, queueBytes)) return false;
    return this.#guarded(() => {
      if (output.bytes === 0) this.#progressAt = this.#now;
      const last = frames.length - 1;
      for (let place = 0; place <= last; place++) codec.write(output, place < last ? MORE : 0, frames[place]!);
      output.messageEnds();
    });
  }

  /** Subscribes to everything the other side publishes. */
  subscribe(): void {
    if (this.#minor === 0) this.send([subscribeMessage()]);
    else this.#command(subscribeCommand());
  }

  /** Notes that some bytes have been written. */
  wrote(now: number): void {
    this.#now = now;
    this.#progressAt = now;
  }

  /**
   * Looks at what is due by time: ends what is late, and asks a silent peer. `now` is to stand still while this side does; `isReading` is false while
   * nothing is read, since nobody takes what has come.
   */
  tick(now: number, isReading = true): void {
    if (this.#closed !== null) return;
    if (this.output.bytes === 0) this.#progressAt = now;
    this.#now = now;
    this.#guarded(() => this.#tick(now, isReading));
  }

  /** Ends it, for a cause from outside. The first cause counts. */
  close(cause: CloseCause): void {
    this.#closed ??= cause;
    this.#phase = "closed";
  }

  get #isServer(): boolean {
    return "server" in this.#options.mechanism;
  }

  #tick(now: number, isReading: boolean): void {
    const { limits, heartbeat } = this.#options;
    if (this.#phase !== "traffic") {
      if (now - this.#openedAt < limits.handshakeMs) return;
      throw new Violation("handshake-time", `No handshake within ${limits.handshakeMs} ms`);
    }
    if (now - this.#progressAt >= heartbeat.stalledAfterMs) {
      throw new Violation("stalled", `Nothing could be written for ${heartbeat.stalledAfterMs} ms`);
    }
    const ping = this.#heartbeat.tick(now, isReading);
    if (ping !== null && this.#minor > 0) this.#command(ping);
  }

  #begin(): void {
    if (this.#phase === "greeting" && !this.#greeted()) return;
    while (this.#phase === "handshake") {
      // The frame it waited with is the one the reader still has.
      if (!this.#isWaiting && !this.#reader.next(judgeHandshake)) return;
      this.#isWaiting = this.#handshake.isCostly && this.#options.mayCompute?.() === false;
      if (this.#isWaiting) return;
      this.#shakeHands();
    }
  }

  #greeted(): boolean {
    const greetingBytes = this.#reader.unread.subarray(0, GREETING_BYTES);
    checkGreeting(greetingBytes, this.#options.mechanism.name, this.#isServer);
    if (greetingBytes.length < GREETING_BYTES) return false;
    this.#minor = minorVersion(greetingBytes);
    this.#reader.consume(GREETING_BYTES);
    this.#phase = "handshake";
    const first = this.#handshake.start();
    if (first !== null) this.output.command(first);
    return true;
  }

  #shakeHands(): void {
    const { bytes, at, length } = this.#reader;
    const answer = this.#handshake.take(bytes.subarray(at, at + length));
    if (answer !== null) this.output.command(answer);
    const { established } = this.#handshake;
    if (established === null) return;
    this.#codec = established.codec;
    this.#messages = new MessageReader(this.#reader, established.codec, this.#options.limits, this.#onCommand);
    this.#phase = "traffic";
  }

  /** A publisher hears nothing but subscriptions, which in version 3.0 are messages. */
  #nextMessage(messages: MessageReader): Uint8Array[] | null {
    const message = messages.next();
    if (message === null || this.#options.socketType !== "PUB") return message;
    for (let words: Uint8Array[] | null = message; words !== null; words = messages.next()) {
      this.#countCommand();
      this.subscription.takeMessage(words);
    }
    return null;
  }

  readonly #onCommand = ({ name, data }: Command): void => {
    this.#countCommand();
    switch (name) {
      case "PING":
        return this.#command(this.#heartbeat.answer(data));
      case "PONG":
        return this.#heartbeat.checkAnswer(data);
      case "SUBSCRIBE":
      case "CANCEL":
        if (this.#options.socketType !== "PUB") break;
        return this.subscription.take(name, data);
      case "ERROR":
        throw new Violation("refused-by-peer", `The other side says ${JSON.stringify(errorReason(data))}`);
    }
    throw new Violation("command", `Command ${JSON.stringify(name)}, want one that is known`);
  };

  #countCommand(): void {
    if (this.#commands.take(this.#now)) return;
    throw new Violation("command-rate", `More than ${COMMANDS_PER_SECOND} commands a second`);
  }

  #command(body: Uint8Array): void {
    if (this.output.bytes === 0) this.#progressAt = this.#now;
    this.#codec!.write(this.output, COMMAND, body);
  }

  /** Does `work`; a violation in it ends the connection. */
  #guarded(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof Violation)) throw error;
    // Only a handshake ends with a word, and a client of CURVE has none (RFC 26).
    const mayTell = this.#phase === "handshake" && !("client" in this.#options.mechanism);
    if (error.reason !== null && mayTell) {
      this.output.command(errorCommand(error.reason));
      this.#hasFarewell = true;
    }
    this.close({ code: error.code, detail: error.detail });
  }
}

function handshakeOf({ mechanism, socketType, connects, limits }: ConnectionOptions): Handshake {
  if ("server" in mechanism) return new CurveServerHandshake(mechanism.server, socketType, limits.frameBytes);
  if ("client" in mechanism) return new CurveClientHandshake(mechanism.client, socketType, limits.frameBytes);
  return new NullHandshake(socketType, connects, limits.frameBytes);
}

/** In a handshake there is nothing but commands, and short ones. */
function judgeHandshake(flags: number, size: number): boolean {
  if ((flags & ~LONG) !== COMMAND) throw new Violation("flags", `Flags ${flags} in a handshake, want a command`);
  if (size <= MAX_HANDSHAKE_COMMAND_BYTES) return true;
  throw new Violation(
    "command-size",
    `A command of ${size} bytes in a handshake, want at most ${MAX_HANDSHAKE_COMMAND_BYTES}`,
  );
}
