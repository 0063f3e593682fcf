/** Writing of big-endian fields into one growing buffer. */
const FIRST_CAPACITY = 256;
const UTF8 = new TextEncoder();

/** A buffer that doubles as it fills. Callers bound what they write; see {@linkcode ByteWriter.size}. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #size = 0;

  /** `capacity` is the initial size of the buffer in bytes; pass the number that will be written if it is known. */
  constructor(capacity = FIRST_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** Writes a safe non-negative integer in eight bytes. */
  u64(value: number): this {
    const at = this.#grow(8);
    this.#view.setUint32(at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 4, value % 2 ** 32);
    return this;
  }

  /** Writes a well-formed string that has `bytes` bytes of UTF-8. */
  utf8(text: string, bytes: number): this {
    const at = this.#grow(bytes);
    if (bytes === text.length) {
      // ASCII only, as most keys are: writing it here takes a tenth of the time of an encoder's call.
      for (let i = 0; i < bytes; i++) this.#bytes[at + i] = text.charCodeAt(i);
    } else {
      this.#bytes.set(UTF8.encode(text), at);
    }
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Returns a copy of the bytes written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  #grow(by: number): number {
    const at = this.#size;
    this.#size += by;
    if (this.#size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
