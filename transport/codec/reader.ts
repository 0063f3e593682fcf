/**
 * Reads the primitive encodings of `docs/wire.md` from untrusted bytes. Every read is checked against the bytes that are left before
 * anything is allocated; each value has one encoding, so what was read can only be written back as the very same bytes.
 */
import { DecodeError, type DecodeErrorCode } from "./decode_error.ts";
import { ID_WANTED, isIdCode } from "./text.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { DIGEST_BYTES } from "./sizes.ts";

const U32_BYTES = 4;
const U64_BYTES = 8;
const TWO_TO_32 = 0x1_0000_0000;
/** Upper half of 2^53 − 1; above it integers are no longer exact. */
const MAX_HIGH = 0x1f_ffff;
const MAX_ID_BYTES = LIMITS.maxIdBytes;

/**
 * Returns the same memory as a plain Uint8Array: frames of the ZeroMQ binding are Buffers, whose views are again Buffers, which are slower.
 */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class Reader {
  /** Name of the field being read, for errors. */
  field = "";
  #context: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end: number;

  /** Reads `bytes`; `context` names them in errors. Byte fields are returned as views, so `bytes` must not change afterwards. */
  constructor(bytes: Uint8Array, context: string) {
    this.#bytes = plainBytes(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#context = context;
    this.#end = bytes.length;
  }

  /** Number of bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  fail(code: DecodeErrorCode, wanted: string): never {
    throw new DecodeError(code, `${this.#context}.${this.field} at byte ${this.#at}`, wanted);
  }

  /** Refuses bytes after the last field. */
  expectEnd(): void {
    if (this.#at === this.#end) return;
    this.field = "end";
    this.fail("trailing-bytes", `wanted no more bytes, ${this.remaining} left`);
  }

  u8(): number {
    this.expectBytes(1);
    return this.#view.getUint8(this.#at++);
  }

  u32(): number {
    this.expectBytes(U32_BYTES);
    const value = this.#view.getUint32(this.#at);
    this.#at += U32_BYTES;
    return value;
  }

  /** Reads an unsigned integer of 8 bytes, at most 2^53 − 1. */
  uint53(): number {
    this.expectBytes(U64_BYTES);
    const high = this.#view.getUint32(this.#at);
    if (high > MAX_HIGH) this.fail("bad-value", "wanted an integer of at most 2^53 - 1");
    const value = high * TWO_TO_32 + this.#view.getUint32(this.#at + U32_BYTES);
    this.#at += U64_BYTES;
    return value;
  }

  /** Reads a count of items, at most `max`, that take at least `minBytes` each. */
  count(max: number, minBytes: number): number {
    const count = this.u32();
    if (count > max) this.fail("too-large", `wanted at most ${max} items, ${count} claimed`);
    if (count * minBytes > this.remaining) {
      this.fail("truncated", `${count} items claimed, ${this.remaining} bytes left`);
    }
    return count;
  }

  /** Reads a length and as many bytes, at most `max`, as a view. */
  bytes(max: number): Uint8Array {
    const length = this.u32();
    if (length > max) this.fail("too-large", `wanted at most ${max} bytes, ${length} claimed`);
    return this.take(length);
  }

  /** Reads the next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    this.expectBytes(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Reads 32 bytes as 64 lower-case hexadecimal digits. */
  digest(): string {
    return this.take(DIGEST_BYTES).toHex();
  }

  id(): string {
    const length = this.u8();
    if (length === 0 || length > MAX_ID_BYTES) this.fail("bad-value", `wanted ${ID_WANTED}, ${length} bytes claimed`);
    this.expectBytes(length);
    let text = "";
    for (let i = 0; i < length; i++) {
      const code = this.#view.getUint8(this.#at + i);
      if (!isIdCode(code, i)) this.fail("bad-value", `wanted ${ID_WANTED}, byte ${i} of it is ${code}`);
      text += String.fromCharCode(code);
    }
    this.#at += length;
    return text;
  }

  /** Returns the next `length` bytes as a view, without consuming them. */
  peek(length: number): Uint8Array {
    this.expectBytes(length);
    return this.#bytes.subarray(this.#at, this.#at + length);
  }

  /** Reads a value that takes exactly the next `length` bytes; `context` names it in errors. */
  nested<T>(length: number, context: string, read: (reader: Reader) => T): T {
    const outerContext = this.#context;
    const outerEnd = this.#end;
    this.#context = context;
    this.#end = this.#at + length;
    const value = read(this);
    this.expectEnd();
    this.#context = outerContext;
    this.#end = outerEnd;
    return value;
  }

  /** Refuses if fewer than `length` bytes are left. */
  expectBytes(length: number): void {
    if (length > this.#end - this.#at) this.fail("truncated", `wanted ${length} bytes, ${this.remaining} left`);
  }
}
