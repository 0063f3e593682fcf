import { MAX_COMMAND_BYTES } from "../limits.ts";
import { Violation } from "../violation.ts";
import { COMMAND, headerBytes, LONG, MORE, writeHeader } from "./frame_header.ts";
import type { FrameReader } from "./frame_reader.ts";
import type { OutputQueue } from "./output_queue.ts";

/** Turns frames of the wire into those of messages and commands and back: in clear here, boxed in `curve/curve_codec.ts`. */
export interface Codec {
  /** The frame last opened: {@linkcode MORE} and {@linkcode COMMAND}, and its content of `length` bytes at `at` of `bytes`. */
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** True if a header tells what a frame is, so that whatever is not wanted need not be read into memory. */
  readonly isClear: boolean;
  /** Judges a header. Throws a {@linkcode Violation}. */
  checkHeader(flags: number, size: number): void;
  /** Opens the frame that the reader has found. Throws a {@linkcode Violation}. */
  open(reader: FrameReader): void;
  /** Returns the bytes on the wire of a frame with so many. */
  wireBytes(size: number): number;
  write(output: OutputQueue, flags: number, body: Uint8Array): void;
}

/** Frames in clear, of the NULL mechanism. */
export class PlainCodec implements Codec {
  readonly isClear = true;
  flags = 0;
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  length = 0;
  readonly #frameBytes: number;

  constructor(frameBytes: number) {
    this.#frameBytes = frameBytes;
  }

  checkHeader(flags: number, size: number): void {
    if ((flags & ~(MORE | LONG | COMMAND)) !== 0) {
      throw new Violation("flags", `Flags ${flags}, want reserved bits zero`);
    }
    if ((flags & COMMAND) === 0) return checkFrameSize(size, this.#frameBytes);
    if ((flags & MORE) !== 0) throw new Violation("flags", "A command with more to follow");
    checkCommandSize(size);
  }

  open(reader: FrameReader): void {
    this.flags = reader.flags;
    this.bytes = reader.bytes;
    this.at = reader.at;
    this.length = reader.length;
  }

  wireBytes(size: number): number {
    return headerBytes(size) + size;
  }

  write(output: OutputQueue, flags: number, body: Uint8Array): void {
    const chunk = output.reserve(headerBytes(body.length) + body.length);
    const at = writeHeader(chunk.buffer, chunk.length, flags, body.length);
    chunk.buffer.set(body, at);
    chunk.length = at + body.length;
  }
}

/** Throws a {@linkcode Violation} if a frame of a message has more than `limit` bytes. */
export function checkFrameSize(size: number, limit: number): void {
  if (size > limit) throw new Violation("frame-size", `A frame of ${sizeText(size)} bytes, want at most ${limit}`);
}

/** Throws a {@linkcode Violation} if a command is longer than any that is known. */
export function checkCommandSize(size: number): void {
  if (size <= MAX_COMMAND_BYTES) return;
  throw new Violation("command-size", `A command of ${sizeText(size)} bytes, want at most ${MAX_COMMAND_BYTES}`);
}

/** Returns a size for a log. */
export const sizeText = (size: number): string => size === Infinity ? "2^32 or more" : `${size}`;
