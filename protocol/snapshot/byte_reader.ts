/**
 * Strict reading of big-endian fields from untrusted bytes. The first fault makes the reader fail for good: every later read returns a
 * neutral value and {@linkcode ByteReader.done} is false, so a decoder reads all its fields and checks once at the end.
 */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const EMPTY = new Uint8Array(0);

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** True if everything was read without fault and nothing is left over. */
  get done(): boolean {
    return !this.#failed && this.#at === this.#bytes.length;
  }

  /** True once a fault was found. */
  get failed(): boolean {
    return this.#failed;
  }

  /** True if bytes are left and no fault was found. */
  get more(): boolean {
    return !this.#failed && this.#at < this.#bytes.length;
  }

  /** Position of the next byte. */
  get position(): number {
    return this.#at;
  }

  /** Marks the bytes as faulty; returns 0 for use as a neutral value. */
  fail(): number {
    this.#failed = true;
    return 0;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  /** Reads a safe integer in eight bytes; anything above 2^53 − 1 is a fault. */
  u64(): number {
    const at = this.#take(8);
    if (at < 0) return 0;
    const value = this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    return Number.isSafeInteger(value) ? value : this.fail();
  }

  /** Reads one byte that is 0 (false) or 1 (true); any other is a fault. */
  flag(): boolean {
    const value = this.u8();
    if (value > 1) this.fail();
    return value === 1;
  }

  /** Returns a view of the next `length` bytes; more than `max`, or than are left, is a fault. */
  raw(length: number, max: number): Uint8Array {
    if (length > max) this.fail();
    const at = this.#take(length);
    return at < 0 ? EMPTY : this.#bytes.subarray(at, at + length);
  }

  /** Reads a string of `min` to `max` bytes of well-formed UTF-8 behind its u16 length. */
  text(min: number, max: number): string {
    const bytes = this.raw(this.u16(), max);
    if (bytes.length < min) this.fail();
    if (this.#failed) return "";
    try {
      return UTF8.decode(bytes);
    } catch {
      this.fail();
      return "";
    }
  }

  #take(length: number): number {
    if (this.#failed || length > this.#bytes.length - this.#at) {
      this.#failed = true;
      return -1;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
