import { type BoxSeries, type CurveBox, MAC_BYTES, PREFIX_BYTES } from "../../crypto/curve_box.ts";
import { ascii, hasAt, joined } from "../ascii.ts";
import { checkCommandSize, checkFrameSize, type Codec, sizeText } from "../framing/codec.ts";
import { COMMAND, headerBytes, LONG, MORE, writeHeader } from "../framing/frame_header.ts";
import type { FrameReader } from "../framing/frame_reader.ts";
import type { OutputQueue } from "../framing/output_queue.ts";
import { Violation } from "../violation.ts";
import { type ReceiveNonce, type SendNonce, SHORT_NONCE_BYTES } from "./nonce.ts";

const NAME = joined(Uint8Array.of(7), ascii("MESSAGE"));
const NONCE_AT = NAME.length;
const BOX_AT = NONCE_AT + SHORT_NONCE_BYTES;
/** Bytes that a frame is longer by: name, nonce, authenticator and flags. */
export const MESSAGE_OVERHEAD = BOX_AT + MAC_BYTES + 1;
/** Flags inside the box. The specification has MORE alone; libzmq's other bit says that the content is a command. */
const INNER_MORE = 1;
const INNER_COMMAND = 2;
const INNER_FLAGS = [0, INNER_MORE, INNER_COMMAND].map((flags) => Uint8Array.of(flags));

/** Keys and counters of one connection. */
export interface CurveSession {
  readonly box: CurveBox;
  readonly key: Uint8Array;
  readonly sendNonce: SendNonce;
  readonly receiveNonce: ReceiveNonce;
}

/**
 * Frames boxed as MESSAGE commands. On the wire they have the header of a message, as libzmq sends them and needs them: it would take the content of one
 * with that of a command for a command.
 */
export class CurveCodec implements Codec {
  readonly isClear = false;
  flags = 0;
  bytes: Uint8Array = new Uint8Array(0);
  readonly at = 0;
  length = 0;
  readonly #inner = new Uint8Array(1);
  readonly #sendNonce: SendNonce;
  readonly #receiveNonce: ReceiveNonce;
  readonly #sent: BoxSeries;
  readonly #received: BoxSeries;
  readonly #frameBytes: number;

  /** `own` and `other` are the last letters of the nonces' prefixes: S of the server's, C of the client's. */
  constructor({ box, key, sendNonce, receiveNonce }: CurveSession, own: "S" | "C", frameBytes: number) {
    this.#frameBytes = frameBytes;
    this.#sendNonce = sendNonce;
    this.#receiveNonce = receiveNonce;
    sendNonce.use(`CurveZMQMESSAGE${own}`);
    receiveNonce.use(`CurveZMQMESSAGE${own === "S" ? "C" : "S"}`);
    this.#sent = box.series(key, sendNonce.bytes.subarray(0, PREFIX_BYTES));
    this.#received = box.series(key, receiveNonce.bytes.subarray(0, PREFIX_BYTES));
  }

  checkHeader(flags: number, size: number): void {
    if ((flags & ~(LONG | COMMAND)) !== 0) throw new Violation("flags", `Flags ${flags} of a MESSAGE`);
    if (size < MESSAGE_OVERHEAD) throw new Violation("frame-size", `A MESSAGE of ${sizeText(size)} bytes`);
    checkFrameSize(size - MESSAGE_OVERHEAD, this.#frameBytes);
  }

  open({ bytes, at, length }: FrameReader): void {
    const receiveNonce = this.#receiveNonce;
    if (!hasAt(bytes, at, NAME)) throw new Violation("command", "Something else than a MESSAGE under CURVE");
    receiveNonce.accept(bytes, at + NONCE_AT);
    const content = this.#received.open(receiveNonce.bytes, bytes, at + BOX_AT, length - BOX_AT, this.#inner);
    if (content === null) throw new Violation("box", "A MESSAGE that is not genuine");
    const inner = this.#inner[0]!;
    if ((inner & ~(INNER_MORE | INNER_COMMAND)) !== 0 || inner === (INNER_MORE | INNER_COMMAND)) {
      throw new Violation("flags", `Flags ${inner} inside a MESSAGE`);
    }
    this.flags = inner === INNER_COMMAND ? COMMAND : inner;
    this.bytes = content;
    this.length = content.length;
    if (inner === INNER_COMMAND) checkCommandSize(this.length);
  }

  wireBytes(size: number): number {
    return headerBytes(size + MESSAGE_OVERHEAD) + size + MESSAGE_OVERHEAD;
  }

  write(output: OutputQueue, flags: number, body: Uint8Array): void {
    const sendNonce = this.#sendNonce;
    sendNonce.advance();
    const size = body.length + MESSAGE_OVERHEAD;
    const chunk = output.reserve(headerBytes(size) + size);
    const { buffer } = chunk;
    const at = writeHeader(buffer, chunk.length, 0, size);
    buffer.set(NAME, at);
    sendNonce.copyCounter(buffer, at + NONCE_AT);
    const inner = (flags & COMMAND) !== 0 ? INNER_COMMAND : flags & MORE;
    this.#sent.seal(sendNonce.bytes, INNER_FLAGS[inner]!, body, buffer, at + BOX_AT);
    chunk.length = at + size;
  }
}
