/**
 * One sequence of bytes for one plain value, for fingerprints: values differ if and only if their bytes do. Every value carries its type,
 * and its length or count if it has one; members of objects are in the order of their names, whatever order they were created in.
 */
import { ScratchWriter } from "../../protocol/bytes/scratch_writer.ts";

const INITIAL_BYTES = 16 * 1024;
/** A larger buffer is not kept for the next value. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** UTF-8 takes at most this many bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

const TAG = { null: 0, false: 1, true: 2, number: 3, string: 4, bytes: 5, list: 6, object: 7 } as const;

/** Members beside `body` that are its decoded view and say nothing that the body does not. */
const VIEWS_OF_BODY: ReadonlySet<string> = new Set(["message", "requests"]);

export class CanonicalBytes extends ScratchWriter {
  readonly #encoder = new TextEncoder();
  readonly #floatBytes = new Uint8Array(8);
  readonly #float = new DataView(this.#floatBytes.buffer);

  constructor() {
    super(INITIAL_BYTES, KEPT_BYTES);
  }

  /** Returns the bytes of `value`; they are overwritten by the next call. Throws `TypeError` on anything but plain data. */
  encode(value: unknown): Uint8Array {
    this.reset();
    this.#value(value);
    return this.buffer.subarray(0, this.at);
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
    this.u8(tag);
  }

  #number(value: number): void {
    this.#float.setFloat64(0, value);
    this.u8(TAG.number).raw(this.#floatBytes);
  }

  #counted(tag: number, count: number): void {
    this.u8(tag).u32(count);
  }

  #string(value: string): void {
    this.need(5 + MAX_BYTES_PER_UNIT * value.length);
    const { written } = this.#encoder.encodeInto(value, this.buffer.subarray(this.at + 5));
    this.#counted(TAG.string, written);
    this.at += written;
  }

  #raw(value: Uint8Array): void {
    this.u8(TAG.bytes).bytes(value);
  }
}
