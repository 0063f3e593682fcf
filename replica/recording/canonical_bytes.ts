/**
 * One sequence of bytes for one plain value, for fingerprints: values differ if and only if their bytes do. Every value carries its type,
 * and its length or count if it has one; members of objects are in the order of their names, whatever order they were created in.
 */

const INITIAL_BYTES = 16 * 1024;
/** A larger buffer is not kept for the next value. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** UTF-8 takes at most this many bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

const TAG = { null: 0, false: 1, true: 2, number: 3, string: 4, bytes: 5, list: 6, object: 7 } as const;

/** Members beside `body` that are its decoded view and say nothing that the body does not. */
const VIEWS_OF_BODY: ReadonlySet<string> = new Set(["message", "requests"]);

export class CanonicalBytes {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  readonly #encoder = new TextEncoder();

  /** Returns the bytes of `value`; they are overwritten by the next call. Throws `TypeError` on anything but plain data. */
  encode(value: unknown): Uint8Array {
    this.#at = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#resize(INITIAL_BYTES);
    this.#value(value);
    return this.#bytes.subarray(0, this.#at);
  }

  #value(value: unknown): void {
    if (value === null) return this.#tag(TAG.null);
    switch (typeof value) {
      case "boolean":
        return this.#tag(value ? TAG.true : TAG.false);
      case "number":
        return this.#number(value);
      case "string":
        return this.#string(value);
      case "object":
        return this.#compound(value);
      default:
        throw new TypeError(`canonical bytes: given a ${typeof value}, wanted plain data`);
    }
  }

  #compound(value: object): void {
    if (value instanceof Uint8Array) return this.#raw(value);
    if (Array.isArray(value)) {
      this.#counted(TAG.list, value.length);
      for (const element of value) this.#value(element);
      return;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      throw new TypeError(`canonical bytes: given a ${value.constructor?.name ?? "strange object"}, wanted plain data`);
    }
    this.#object(value as Readonly<Record<string, unknown>>);
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    const hasBody = value["body"] instanceof Uint8Array;
    const names = Object.keys(value).filter((name) => !(hasBody && VIEWS_OF_BODY.has(name))).sort();
    this.#counted(TAG.object, names.length);
    for (const name of names) {
      this.#string(name);
      this.#value(value[name]);
    }
  }

  #tag(tag: number): void {
    this.#need(1);
    this.#bytes[this.#at++] = tag;
  }

  #number(value: number): void {
    this.#need(9);
    this.#bytes[this.#at++] = TAG.number;
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  #counted(tag: number, count: number): void {
    this.#need(5);
    this.#bytes[this.#at++] = tag;
    this.#view.setUint32(this.#at, count);
    this.#at += 4;
  }

  #string(value: string): void {
    this.#need(5 + MAX_BYTES_PER_UNIT * value.length);
    const { written } = this.#encoder.encodeInto(value, this.#bytes.subarray(this.#at + 5));
    this.#counted(TAG.string, written);
    this.#at += written;
  }

  #raw(value: Uint8Array): void {
    this.#counted(TAG.bytes, value.length);
    this.#need(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #need(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const kept = this.#bytes.subarray(0, this.#at);
    this.#resize(Math.max(this.#at + length, 2 * this.#bytes.length));
    this.#bytes.set(kept);
  }

  #resize(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
