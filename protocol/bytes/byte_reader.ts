/**
 * Strict reading of big-endian fields from bytes nobody vouches for. Every read is checked against the bytes that are left before
 * anything is allocated; each value has one encoding.
 */
import { DIGEST_BYTES } from "./sizes.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const EMPTY = new Uint8Array(0);
const TWO_TO_32 = 0x1_0000_0000;
/** Upper half of 2^53 − 1; above it integers are no longer exact. */
const MAX_HIGH = 0x1f_ffff;

/** An end before all positions: nothing more can be read, not even nothing. */
const FAILED = -1;

/** A field that is cut off, claims more than its limit, or holds what no honest writer writes. */
export type ByteFault = "truncated" | "too-large" | "bad-value";

/**
 * Reads one field after another. The first fault makes the reader fail for good: every later read returns a neutral value and
 * {@linkcode ByteReader.done} is false, so a decoder reads all its fields and asks once. A reader that throws instead overrides `fail`.
 */
export class ByteReader {
  protected readonly source: Uint8Array;
  /** Position of the next byte. */
  protected at = 0;
  /** Position behind the last byte that may be read; {@linkcode FAILED} after a fault. */
  protected end: number;

  /** Reads `bytes`; byte fields are returned as views, so they must not change afterwards. */
  constructor(bytes: Uint8Array) {
    this.source = bytes;
    this.end = bytes.length;
  }

  /** True if everything was read without fault and nothing is left over. */
  get done(): boolean {
    return this.at === this.end;
  }

  /** True once a fault was found. */
  get failed(): boolean {
    return this.end === FAILED;
  }

  /** True while bytes are left and no fault was found. */
  get more(): boolean {
    return this.at < this.end;
  }

  /** Bytes not yet read; none after a fault. */
  get remaining(): number {
    return Math.max(0, this.end - this.at);
  }

  /** Called on every fault, with what was wanted. This one leaves nothing to read and returns 0, for use as a neutral value. */
  fail(_fault: ByteFault, _wanted: string): number {
    this.end = FAILED;
    return 0;
  }

  /** Returns whether `length` bytes are left; fewer are a fault. */
  expectBytes(length: number): boolean {
    if (length <= this.end - this.at) return true;
    this.fail("truncated", `wanted ${length} bytes, ${this.remaining} left`);
    return false;
  }

  u8(): number {
    return this.expectBytes(1) ? this.source[this.at++]! : 0;
  }

  u16(): number {
    if (!this.expectBytes(2)) return 0;
    this.at += 2;
    return this.source[this.at - 2]! << 8 | this.source[this.at - 1]!;
  }

  u32(): number {
    if (!this.expectBytes(4)) return 0;
    this.at += 4;
    return u32At(this.source, this.at - 4);
  }

  /** A safe integer in eight bytes; anything above 2^53 − 1 is a fault. */
  u64(): number {
    if (!this.expectBytes(8)) return 0;
    const high = u32At(this.source, this.at);
    if (high > MAX_HIGH) return this.fail("bad-value", "wanted an integer of at most 2^53 - 1");
    this.at += 8;
    return high * TWO_TO_32 + u32At(this.source, this.at - 4);
  }

  /** Reads a byte that is 0 (false) or 1 (true); any other is a fault. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.fail("bad-value", `wanted 0 or 1, got ${value}`);
    return value === 1;
  }

  /** The next `length` bytes, as a view. */
  raw(length: number): Uint8Array {
    if (!this.expectBytes(length)) return EMPTY;
    const start = this.at;
    this.at += length;
    return this.source.subarray(start, this.at);
  }

  /** At most `max` bytes behind their length in four, as a view. */
  bytes(max: number): Uint8Array {
    return this.#limited(this.u32(), max);
  }

  /** 32 bytes as 64 lower-case hexadecimal digits. */
  digest(): string {
    return this.raw(DIGEST_BYTES).toHex();
  }

  /** A string of `min` to `max` bytes of well-formed UTF-8 behind its length in two. */
  text(min: number, max: number): string {
    const bytes = this.#limited(this.u16(), max);
    if (bytes.length < min) this.fail("bad-value", `wanted at least ${min} bytes, got ${bytes.length}`);
    if (this.failed) return "";
    try {
      return isShortAscii(bytes) ? asciiText(bytes) : UTF8.decode(bytes);
    } catch {
      this.fail("bad-value", "wanted well-formed UTF-8");
      return "";
    }
  }

  #limited(length: number, max: number): Uint8Array {
    if (length <= max) return this.raw(length);
    this.fail("too-large", `wanted at most ${max} bytes, ${length} claimed`);
    return EMPTY;
  }
}

/** Longest text that is made here. */
const SHORT_BYTES = 256;

function isShortAscii(bytes: Uint8Array): boolean {
  if (bytes.length > SHORT_BYTES) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}

/** Returns the text of ASCII, as most keys are: made here it takes a third of what a decoder's call takes. */
const asciiText = (bytes: Uint8Array): string => String.fromCharCode.apply(null, bytes as unknown as number[]);

/** To make a DataView costs more than to read many numbers. */
const u32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
