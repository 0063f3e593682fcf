/** Writes big-endian fields into one growing buffer; `byte_reader.ts` reads them. */
import { writeHex } from "./hex.ts";
import { DIGEST_BYTES } from "./sizes.ts";

const FIRST_CAPACITY = 256;
const TWO_TO_32 = 0x1_0000_0000;
const MAX_U32 = 0xffff_ffff;
const UTF8 = new TextEncoder();

/** A buffer that doubles as it fills. Callers bound what they write; see {@linkcode ByteWriter.size}. */
export class ByteWriter {
  protected buffer: Uint8Array;
  /** Position of the next byte. */
  protected at = 0;

  /** `capacity`: bytes to make room for at first; the number that will be written, where it is known. */
  constructor(capacity = FIRST_CAPACITY) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.at;
  }

  /** Throws the RangeError of a value that no reader would take. */
  fail(wanted: string): never {
    throw new RangeError(`cannot write a field: ${wanted}`);
  }

  u8(value: number): this {
    this.need(1);
    this.buffer[this.at++] = value;
    return this;
  }

  u16(value: number): this {
    this.need(2);
    this.buffer[this.at++] = value >>> 8;
    this.buffer[this.at++] = value;
    return this;
  }

  u32(value: number): this {
    this.need(4);
    this.#putU32(value);
    return this;
  }

  /** A safe non-negative integer in eight bytes. */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) this.fail(`wanted an integer from 0 to 2^53 - 1, given ${value}`);
    this.need(8);
    const low = value >>> 0;
    this.#putU32((value - low) / TWO_TO_32);
    this.#putU32(low);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.need(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  /** At most `max` bytes behind their length in four. */
  bytes(bytes: Uint8Array, max = MAX_U32): this {
    if (bytes.length > max) this.fail(`wanted at most ${max} bytes, given ${bytes.length}`);
    return this.u32(bytes.length).raw(bytes);
  }

  /** 64 lower-case hexadecimal digits in 32 bytes. */
  digest(hex: string): this {
    this.need(DIGEST_BYTES);
    if (hex.length !== 2 * DIGEST_BYTES || !writeHex(hex, this.buffer, this.at)) {
      this.fail(`wanted ${2 * DIGEST_BYTES} lower-case hexadecimal digits, given "${hex}"`);
    }
    this.at += DIGEST_BYTES;
    return this;
  }

  /** A well-formed string that has `bytes` bytes of UTF-8, without a length. */
  utf8(text: string, bytes: number): this {
    this.need(bytes);
    if (bytes === text.length) {
      // ASCII alone, as most keys are: written here it takes a tenth of what an encoder's call takes.
      for (let i = 0; i < bytes; i++) this.buffer[this.at + i] = text.charCodeAt(i);
    } else {
      this.buffer.set(UTF8.encode(text), this.at);
    }
    this.at += bytes;
    return this;
  }

  /** Returns the bytes written, in memory of their own: a full buffer is handed out, and one more field would take another. */
  finish(): Uint8Array {
    return this.at === this.buffer.length ? this.buffer : this.buffer.slice(0, this.at);
  }

  /** Makes room for `length` more bytes. */
  protected need(length: number): void {
    const wanted = this.at + length;
    if (wanted > this.buffer.length) this.grow(wanted);
  }

  /** Makes the buffer at least `wanted` bytes long. */
  protected grow(wanted: number): void {
    const kept = this.buffer.subarray(0, this.at);
    this.resize(Math.max(wanted, 2 * this.buffer.length));
    this.buffer.set(kept);
  }

  protected resize(size: number): void {
    this.buffer = new Uint8Array(size);
  }

  /** Writes four bytes, big-endian; the caller has made room. */
  #putU32(value: number): void {
    this.buffer[this.at++] = value >>> 24;
    this.buffer[this.at++] = value >>> 16;
    this.buffer[this.at++] = value >>> 8;
    this.buffer[this.at++] = value;
  }
}
