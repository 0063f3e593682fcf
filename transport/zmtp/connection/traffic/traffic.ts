import { type Command, errorReason } from "../command.ts";
import type { ConnectionOptions } from "../connection_options.ts";
import type { Codec } from "../framing/codec.ts";
import { COMMAND, MORE } from "../framing/frame_header.ts";
import type { FrameReader } from "../framing/frame_reader.ts";
import { MessageReader } from "../framing/message_reader.ts";
import type { OutputQueue } from "../framing/output_queue.ts";
import { COMMAND_BURST, COMMANDS_PER_SECOND } from "../limits.ts";
import { TokenBucket } from "../token_bucket.ts";
import { Violation } from "../violation.ts";
import { Heartbeat } from "./heartbeat.ts";
import { subscribeCommand, subscribeMessage, type Subscription } from "./subscription.ts";

/** Parts of an established connection. */
export interface TrafficParts {
  readonly options: ConnectionOptions;
  readonly reader: FrameReader;
  readonly output: OutputQueue;
  readonly codec: Codec;
  readonly subscription: Subscription;
  /** Minor version of the protocol. */
  readonly minor: 0 | 1;
}

/** Messages and commands of an established connection, both ways. What a peer may not send is thrown as a {@linkcode Violation}. */
export class Traffic {
  readonly #parts: TrafficParts;
  readonly #messages: MessageReader;
  readonly #heartbeat: Heartbeat;
  readonly #commands: TokenBucket;
  #now: number;

  constructor(parts: TrafficParts, now: number) {
    const { options, reader, codec } = parts;
    this.#parts = parts;
    this.#messages = new MessageReader(reader, codec, options.limits, this.#onCommand);
    this.#heartbeat = new Heartbeat(options.heartbeat, now);
    this.#commands = new TokenBucket(COMMANDS_PER_SECOND, COMMAND_BURST, now);
    this.#now = now;
  }

  /** Messages dropped because they exceeded a limit. */
  get refused(): number {
    return this.#messages.refused;
  }

  /** Bytes of frames kept of a message that is not whole. */
  get keptBytes(): number {
    return this.#messages.keptBytes;
  }

  /** Notes that something has come. */
  heard(now: number): void {
    this.#now = now;
    this.#heartbeat.heard(now);
  }

  /** Returns the next message, null if none has come. A publisher hears nothing but subscriptions, which in version 3.0 are messages. */
  next(): Uint8Array[] | null {
    const message = this.#messages.next();
    if (this.#parts.options.socketType !== "PUB") return message;
    for (let words = message; words !== null; words = this.#messages.next()) {
      this.#countCommand();
      this.#parts.subscription.takeMessage(words);
    }
    return null;
  }

  /** Queues a message. Returns false if the queue has no room for it. */
  send(frames: readonly Uint8Array[]): boolean {
    const { output, codec, options: { limits } } = this.#parts;
    if (output.messages >= limits.queueMessages) return false;
    let bytes = 0;
    for (const frame of frames) bytes += codec.wireBytes(frame.length);
    if (!output.makeRoom(bytes, limits.queueBytes)) return false;
    const last = frames.length - 1;
    for (let place = 0; place <= last; place++) codec.write(output, place < last ? MORE : 0, frames[place]!);
    output.messageEnds();
    return true;
  }

  /** Subscribes to everything the other side publishes. */
  subscribe(): void {
    if (this.#parts.minor === 0) this.send([subscribeMessage()]);
    else this.#command(subscribeCommand());
  }

  /** Asks a silent peer, and gives it up. One of version 3.0 cannot be asked; of its end the kernel has to tell. */
  tick(now: number, isReading: boolean): void {
    this.#now = now;
    if (this.#parts.minor === 0) return;
    const ping = this.#heartbeat.tick(now, isReading);
    if (ping !== null) this.#command(ping);
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
        if (this.#parts.options.socketType !== "PUB") break;
        return this.#parts.subscription.take(name, data);
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
    const { codec, output } = this.#parts;
    if (!output.makeRoom(codec.wireBytes(body.length), Infinity)) {
      throw new Violation("memory", "It reads nothing, and as much is queued as there may be");
    }
    codec.write(output, COMMAND, body);
  }
}
