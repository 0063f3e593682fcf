/**
 * Reads the encodings of `docs/wire.md` from untrusted bytes: each value has one encoding, so what was read can only be written back as
 * the very same bytes. The first fault is thrown, with the field it is in.
 */
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { DecodeError, type DecodeErrorCode } from "./decode_error.ts";
import { ID_WANTED, isIdCode } from "./text.ts";

const MAX_ID_BYTES = LIMITS.maxIdBytes;

/**
 * Returns the same memory as a plain Uint8Array: frames of the ZeroMQ binding are Buffers, whose views are again Buffers, which are slower.
 */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class Reader extends ByteReader {
  /** Name of the field being read, for errors. */
  field = "";
  #context: string;

  /** Reads `bytes`; `context` names them in errors. Byte fields are returned as views, so `bytes` must not change afterwards. */
  constructor(bytes: Uint8Array, context: string) {
    super(plainBytes(bytes));
    this.#context = context;
  }

  override fail(code: DecodeErrorCode, wanted: string): never {
    throw new DecodeError(code, `${this.#context}.${this.field} at byte ${this.at}`, wanted);
  }

  /** Refuses bytes after the last field. */
  expectEnd(): void {
    if (!this.more) return;
    this.field = "end";
    this.fail("trailing-bytes", `wanted no more bytes, ${this.remaining} left`);
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

  id(): string {
    const length = this.u8();
    if (length === 0 || length > MAX_ID_BYTES) this.fail("bad-value", `wanted ${ID_WANTED}, ${length} bytes claimed`);
    this.expectBytes(length);
    let text = "";
    for (let i = 0; i < length; i++) {
      const code = this.source[this.at + i]!;
      if (!isIdCode(code, i)) this.fail("bad-value", `wanted ${ID_WANTED}, byte ${i} of it is ${code}`);
      text += String.fromCharCode(code);
    }
    this.at += length;
    return text;
  }

  /** Returns the next `length` bytes as a view, without consuming them. */
  peek(length: number): Uint8Array {
    this.expectBytes(length);
    return this.source.subarray(this.at, this.at + length);
  }

  /** Reads a value that takes exactly the next `length` bytes; `context` names it in errors. */
  nested<T>(length: number, context: string, read: (reader: Reader) => T): T {
    const outerContext = this.#context;
    const outerEnd = this.end;
    this.#context = context;
    this.end = this.at + length;
    const value = read(this);
    this.expectEnd();
    this.#context = outerContext;
    this.end = outerEnd;
    return value;
  }
}
