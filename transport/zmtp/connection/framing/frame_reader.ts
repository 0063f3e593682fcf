import { FIRST_READ_BYTES, MAX_READ_BYTES, TRUSTED_FRAME_BYTES } from "../limits.ts";
import { LONG, readUint32 } from "./frame_header.ts";

/** Judges a frame by its header before any of its body is kept. Throws a violation, or returns whether the body is wanted at all. */
export type FrameJudge = (flags: number, size: number) => boolean;

/** A header of the largest frame. */
const MAX_HEADER = 9;
/** Reads in a row that leave most of the buffer empty before it is halved. */
const SMALL_READS = 64;

/**
 * Cuts a stream of bytes into frames. Bytes are read straight to where they stay: {@linkcode room} says where the next ones go, and a frame that does
 * not fit the read buffer gets memory of its own, which grows with what has really come.
 */
export class FrameReader {
  /** The frame found last, valid until more is read: its flags, and its body of `length` bytes at `at` of `bytes`. */
  flags = 0;
  bytes: Uint8Array;
  at = 0;
  length = 0;
  /** True if that frame's body was not wanted, and is gone. */
  skipped = false;

  #buffer = new Uint8Array(FIRST_READ_BYTES);
  #start = 0;
  #end = 0;
  #wanted = FIRST_READ_BYTES;
  #smallReads = 0;
  /** Size of the frame whose header has been read; -1 before that. */
  #size = -1;
  #large: Uint8Array | null = null;
  #largeEnd = 0;
  /** Bytes still to come of a body that is not wanted; -1 if none is under way. */
  #toSkip = -1;

  constructor() {
    this.bytes = this.#buffer;
  }

  /** Bytes of the read buffer. */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  /** Bytes set aside for a frame that does not fit it. */
  get largeBytes(): number {
    return this.#large?.length ?? 0;
  }

  /** Bytes that have come and are not consumed. */
  get unread(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Passes over bytes of {@linkcode unread}. */
  consume(count: number): void {
    this.#start += count;
  }

  /** Returns where the next bytes are to be read to; never empty. */
  room(): Uint8Array {
    if (this.#large !== null) return this.#largeRoom(this.#large);
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#wanted !== this.#buffer.length && this.#end - this.#start < this.#wanted) this.#resize();
    else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Notes that `count` bytes have been read into {@linkcode room}. */
  filled(count: number): void {
    if (this.#large !== null) {
      this.#largeEnd += count;
      return;
    }
    const free = this.#buffer.length - this.#end;
    this.#end += count;
    if (count === free) this.#wanted = Math.min(MAX_READ_BYTES, this.#buffer.length * 2);
    this.#smallReads = count < this.#buffer.length / 8 ? this.#smallReads + 1 : 0;
    if (this.#smallReads < SMALL_READS) return;
    this.#smallReads = 0;
    this.#wanted = Math.max(FIRST_READ_BYTES, this.#buffer.length / 2);
  }

  /** Finds the next whole frame. `judge` is asked once about each, when its header is complete. */
  next(judge: FrameJudge): boolean {
    if (this.#size < 0 && !this.#readHeader(judge)) return false;
    if (this.#toSkip >= 0) return this.#skip();
    if (this.#large !== null) return this.#takeLarge(this.#large);
    const size = this.#size;
    if (this.#end - this.#start >= size) {
      this.#found(this.#buffer, this.#start, size);
      this.#start += size;
      return true;
    }
    if (size + MAX_HEADER > this.#buffer.length) this.#beginLarge(size);
    return false;
  }

  #readHeader(judge: FrameJudge): boolean {
    const buffer = this.#buffer;
    const start = this.#start;
    const held = this.#end - start;
    if (held < 2) return false;
    const flags = buffer[start]!;
    const isLong = (flags & LONG) !== 0;
    if (isLong && held < MAX_HEADER) return false;
    // The judge is told of a size beyond 32 bits as infinite: its low half alone would wrap.
    const high = isLong ? readUint32(buffer, start + 1) : 0;
    const size = !isLong ? buffer[start + 1]! : high > 0 ? Infinity : readUint32(buffer, start + 5);
    const isWanted = judge(flags, size);
    this.#start += isLong ? MAX_HEADER : 2;
    this.flags = flags;
    this.#size = size;
    this.#toSkip = isWanted ? -1 : size;
    return true;
  }

  #skip(): boolean {
    const here = Math.min(this.#toSkip, this.#end - this.#start);
    this.#start += here;
    this.#toSkip -= here;
    if (this.#toSkip > 0) return false;
    this.#toSkip = -1;
    this.#found(this.#buffer, 0, 0, true);
    return true;
  }

  #beginLarge(size: number): void {
    const here = this.unread;
    this.#large = new Uint8Array(Math.max(here.length, Math.min(size, TRUSTED_FRAME_BYTES)));
    this.#large.set(here);
    this.#largeEnd = here.length;
    this.#start = this.#end = 0;
  }

  #largeRoom(large: Uint8Array): Uint8Array {
    if (this.#largeEnd < large.length) return large.subarray(this.#largeEnd);
    const grown = new Uint8Array(Math.min(this.#size, large.length * 2));
    grown.set(large);
    this.#large = grown;
    return grown.subarray(this.#largeEnd);
  }

  #takeLarge(large: Uint8Array): boolean {
    if (this.#largeEnd < this.#size) return false;
    this.#large = null;
    this.#found(large, 0, this.#size);
    return true;
  }

  #found(bytes: Uint8Array, at: number, length: number, skipped = false): void {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    this.skipped = skipped;
    this.#size = -1;
  }

  #resize(): void {
    const resized = new Uint8Array(this.#wanted);
    resized.set(this.unread);
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = resized;
  }
}
