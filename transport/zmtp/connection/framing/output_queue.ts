import { WRITE_BYTES } from "../limits.ts";
import { COMMAND, headerBytes, writeHeader } from "./frame_header.ts";
import { QueuedBytes, type Queuing } from "./queued_bytes.ts";

/** Bytes that go out with one write. */
export interface Chunk {
  buffer: Uint8Array;
  length: number;
  /** Messages that end in it. */
  messages: number;
}

/** Buffers of one size, to be used again by all connections: a connection with nothing to say has none. */
class SpareBuffers {
  readonly #spare: Uint8Array[] = [];
  readonly size: number;
  readonly #most: number;

  constructor(size: number, most: number) {
    this.size = size;
    this.#most = most;
  }

  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.size);
  }

  giveBack(buffer: Uint8Array): void {
    if (buffer.length === this.size && this.#spare.length < this.#most) this.#spare.push(buffer);
  }
}

/** The first buffer of a turn is small, since most have little to say at a time; if it gets full, what is in it moves to a large one. */
const SMALL = new SpareBuffers(4 * 1024, 256);
const LARGE = new SpareBuffers(WRITE_BYTES, 64);

/** Bytes to be written, in as few pieces as can be, and the count of messages among them. */
export class OutputQueue {
  /** Bytes and messages not yet known to be written. */
  bytes = 0;
  messages = 0;
  readonly #shared: QueuedBytes;
  readonly #owner: Queuing;
  readonly #chunks: Chunk[] = [];
  #writing: Chunk | null = null;

  /** Counts in `shared`, as the owner's, what is queued here. */
  constructor(owner: Queuing = { giveWay: () => {} }, shared: QueuedBytes = new QueuedBytes(Infinity)) {
    this.#owner = owner;
    this.#shared = shared;
  }

  /** Returns whether `bytes` more are within `maxBytes`, one message always being so, and makes room for them within what all may have together. */
  makeRoom(bytes: number, maxBytes: number): boolean {
    const isWithin = this.bytes + bytes <= maxBytes || this.messages === 0;
    return isWithin && this.#shared.makeRoom(this.#owner, bytes);
  }

  /** Sets `length` bytes in a row aside and returns the chunk they are in; they begin at its length, which the caller moves on. */
  reserve(length: number): Chunk {
    this.bytes += length;
    this.#shared.add(this.#owner, length);
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#fits(last, length)) return last;
    const chunk = { buffer: this.#allocate(length), length: 0, messages: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  /** Queues bytes as they are. */
  raw(bytes: Uint8Array): void {
    const chunk = this.reserve(bytes.length);
    chunk.buffer.set(bytes, chunk.length);
    chunk.length += bytes.length;
  }

  /** Queues a command in clear. */
  command(body: Uint8Array): void {
    const chunk = this.reserve(headerBytes(body.length) + body.length);
    const at = writeHeader(chunk.buffer, chunk.length, COMMAND, body.length);
    chunk.buffer.set(body, at);
    chunk.length = at + body.length;
  }

  /** Counts a message whose last byte has just been queued. */
  messageEnds(): void {
    this.messages++;
    this.#chunks.at(-1)!.messages++;
  }

  /** Returns what is to be written next; null if there is nothing, or the last one is still being written. */
  take(): Uint8Array | null {
    if (this.#writing !== null) return null;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#writing = chunk;
    return chunk.buffer.subarray(0, chunk.length);
  }

  /** Notes that some of what was taken is written. */
  progressed(): void {
    this.#shared.progressed(this.#owner);
  }

  /** Notes that all of it is written. */
  written(): void {
    const chunk = this.#writing;
    if (chunk === null) return;
    this.#writing = null;
    this.bytes -= chunk.length;
    this.#shared.remove(this.#owner, chunk.length, this.bytes > 0);
    this.messages -= chunk.messages;
    SMALL.giveBack(chunk.buffer);
    LARGE.giveBack(chunk.buffer);
  }

  /** Forgets all that is queued. */
  discard(): void {
    this.#shared.remove(this.#owner, this.bytes, false);
    this.bytes = this.messages = 0;
    this.#chunks.length = 0;
    this.#writing = null;
  }

  /** Returns whether `length` bytes more fit into a chunk, in a large buffer at the latest: a write costs more than moving a small one. */
  #fits(chunk: Chunk, length: number): boolean {
    const whole = chunk.length + length;
    if (whole <= chunk.buffer.length) return true;
    if (chunk.buffer.length > SMALL.size || whole > LARGE.size) return false;
    const large = LARGE.take();
    large.set(chunk.buffer.subarray(0, chunk.length));
    SMALL.giveBack(chunk.buffer);
    chunk.buffer = large;
    return true;
  }

  #allocate(length: number): Uint8Array {
    if (length > LARGE.size) return new Uint8Array(length);
    return this.#chunks.length === 0 && length <= SMALL.size ? SMALL.take() : LARGE.take();
  }
}
