import type { ConnectionOptions } from "../connection_options.ts";
import { CurveClientHandshake } from "../curve/curve_client_handshake.ts";
import { CurveServerHandshake } from "../curve/curve_server_handshake.ts";
import { COMMAND, LONG } from "../framing/frame_header.ts";
import type { FrameReader } from "../framing/frame_reader.ts";
import type { OutputQueue } from "../framing/output_queue.ts";
import { GREETING_BYTES, MAX_HANDSHAKE_COMMAND_BYTES } from "../limits.ts";
import { Violation } from "../violation.ts";
import { checkGreeting, greeting, minorVersion } from "./greeting.ts";
import type { Established, Handshake } from "./handshake.ts";
import { NullHandshake } from "./null_handshake.ts";

/** The beginning of a connection: greetings, then the mechanism's handshake. */
export class Opening {
  /** Minor version of the protocol that both sides speak, once the other side has greeted. */
  minor: 0 | 1 = 1;
  /** True once the other side has greeted. */
  isGreeted = false;
  /** True while it waits for leave to compute; the frame it waits with is the one the reader still has. */
  isWaiting = false;
  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #output: OutputQueue;
  readonly #handshake: Handshake;

  constructor(options: ConnectionOptions, reader: FrameReader, output: OutputQueue) {
    this.#options = options;
    this.#reader = reader;
    this.#output = output;
    this.#handshake = handshakeOf(options);
    output.raw(greeting(options.mechanism.name, this.#isServer));
  }

  /** Goes as far as what has come allows. Returns the result, null before there is one. Throws a {@linkcode Violation}. */
  advance(): Established | null {
    if (!this.isGreeted && !this.#greet()) return null;
    while (this.#handshake.established === null) {
      if (!this.isWaiting && !this.#reader.next(judgeHandshake)) return null;
      this.isWaiting = this.#handshake.isCostly && this.#options.mayCompute?.() === false;
      if (this.isWaiting) return null;
      const { bytes, at, length } = this.#reader;
      const answer = this.#handshake.take(bytes.subarray(at, at + length));
      if (answer !== null) this.#output.command(answer);
    }
    return this.#handshake.established;
  }

  get #isServer(): boolean {
    return "server" in this.#options.mechanism;
  }

  #greet(): boolean {
    const said = this.#reader.unread.subarray(0, GREETING_BYTES);
    checkGreeting(said, this.#options.mechanism.name, this.#isServer);
    if (said.length < GREETING_BYTES) return false;
    this.minor = minorVersion(said);
    this.#reader.consume(GREETING_BYTES);
    this.isGreeted = true;
    const first = this.#handshake.start();
    if (first !== null) this.#output.command(first);
    return true;
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
  const detail = `A command of ${size} bytes in a handshake, want at most ${MAX_HANDSHAKE_COMMAND_BYTES}`;
  throw new Violation("command-size", detail);
}
