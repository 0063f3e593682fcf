import { DecodeError, type DecodeErrorCode } from "./decode_error.ts";
import type { Schema } from "./schema.ts";
import { ID_WANTED, isIdCode } from "./text.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Signed } from "../../protocol/signed.ts";
import { DIGEST_BYTES, SIGNATURE_BYTES } from "./sizes.ts";

const U32_BYTES = 4;
const U64_BYTES = 8;
const TWO_TO_32 = 0x1_0000_0000;
/** Upper half of 2^53 − 1; above it integers are no longer exact. */
const MAX_HIGH = 0x1f_ffff;
const MAX_ID_BYTES = LIMITS.maxIdBytes;

/** The same memory as a plain Uint8Array: frames of the ZeroMQ binding are Buffers, whose views are slower Buffers again. */
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

  /** The bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  fail(code: DecodeErrorCode, wanted: string): never {
    throw new DecodeError(code, `${this.#context}.${this.field} at byte ${this.#at}`, wanted);
  }

  /** Refuses bytes behind the last field. */
  expectEnd(): void {
    if (this.#at === this.#end) return;
    this.field = "end";
    this.fail("trailing-bytes", `wanted no more bytes, ${this.remaining} left`);
  }

  u8(): number {
    this.#need(1);
    return this.#view.getUint8(this.#at++);
  }

  u32(): number {
    this.#need(U32_BYTES);
    const value = this.#view.getUint32(this.#at);
    this.#at += U32_BYTES;
    return value;
  }

  /** An unsigned integer of 8 bytes, at most 2^53 − 1. */
  uint53(): number {
    this.#need(U64_BYTES);
    const high = this.#view.getUint32(this.#at);
    if (high > MAX_HIGH) this.fail("bad-value", "wanted an integer of at most 2^53 - 1");
    const value = high * TWO_TO_32 + this.#view.getUint32(this.#at + U32_BYTES);
    this.#at += U64_BYTES;
    return value;
  }

  /** A count of items that take at least `minBytes` each. */
  count(max: number, minBytes: number): number {
    const count = this.u32();
    if (count > max) this.fail("too-large", `wanted at most ${max} items, ${count} claimed`);
    if (count * minBytes > this.remaining) {
      this.fail("truncated", `${count} items claimed, ${this.remaining} bytes left`);
    }
    return count;
  }

  /** Bytes behind their length, as a view. */
  bytes(max: number): Uint8Array {
    const length = this.u32();
    if (length > max) this.fail("too-large", `wanted at most ${max} bytes, ${length} claimed`);
    return this.take(length);
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** 32 bytes as 64 lower-case hexadecimal digits. */
  digest(): string {
    return this.take(DIGEST_BYTES).toHex();
  }

  id(): string {
    const length = this.u8();
    if (length === 0 || length > MAX_ID_BYTES) this.fail("bad-value", `wanted ${ID_WANTED}, ${length} bytes claimed`);
    this.#need(length);
    let text = "";
    for (let i = 0; i < length; i++) {
      const code = this.#view.getUint8(this.#at + i);
      if (!isIdCode(code, i)) this.fail("bad-value", `wanted ${ID_WANTED}, byte ${i} of it is ${code}`);
      text += String.fromCharCode(code);
    }
    this.#at += length;
    return text;
  }

  /** A body behind its length, then its signature; the body is read by `schema`, strictly to its end. */
  signed<M>(schema: Schema<M>, context: string): Signed<M> {
    const length = this.u32();
    this.#need(length + SIGNATURE_BYTES);
    const outerContext = this.#context;
    const outerEnd = this.#end;
    const start = this.#at;
    this.#context = context;
    this.#end = start + length;
    const message = schema.read(this);
    this.expectEnd();
    this.#context = outerContext;
    this.#end = outerEnd;
    return { message, body: this.#bytes.subarray(start, this.#at), signature: this.take(SIGNATURE_BYTES) };
  }

  #need(length: number): void {
    if (length > this.#end - this.#at) this.fail("truncated", `wanted ${length} bytes, ${this.remaining} left`);
  }
}
