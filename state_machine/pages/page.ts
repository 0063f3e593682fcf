/**
 * A page: a run of records in the order of their keys' bytes, the unit in which state is digested, copied and transferred. Its encoding is
 * the concatenation of its records, so equal pages have equal bytes and equal digests.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import type { Digest } from "../../protocol/ids.ts";
import { compareUtf8 } from "../compare_utf8.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { type KvRecord, readRecord, recordBytes, writeRecord } from "./record.ts";

/** Records in order. Only `PageList` changes pages, and none that a frozen view holds. */
export class Page {
  /** Number of freezes before the page was made: a page of an earlier generation is held by a frozen view. */
  readonly generation: number;
  readonly #records: KvRecord[];
  #bytes: number;
  #digest: Digest | null;

  /**
   * `records` ascend by key and belong to the page from now on; `bytes` is the sum of their `recordBytes`; `digest` is that of their
   * encoding, if known.
   */
  constructor(records: KvRecord[], bytes: number, generation: number, digest: Digest | null = null) {
    this.#records = records;
    this.#bytes = bytes;
    this.#digest = digest;
    this.generation = generation;
  }

  /** Records in ascending order. */
  get records(): readonly KvRecord[] {
    return this.#records;
  }

  /** Length of the encoding. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True if the page holds more bytes than a page should and can be split. */
  get isOverfull(): boolean {
    return this.#bytes > KV_LIMITS.maxPageBytes && this.#records.length > 1;
  }

  /** True if the digest is known, so that asking for it costs nothing. */
  get isDigested(): boolean {
    return this.#digest !== null;
  }

  /** SHA-256 of the encoding; computed when first asked for after a change. */
  get digest(): Digest {
    if (this.#digest === null) this.encodeDigested();
    return this.#digest!;
  }

  /** Returns the encoding, and remembers its digest. */
  encodeDigested(): Uint8Array {
    const bytes = this.encode();
    this.#digest = sha256Hex(bytes);
    return bytes;
  }

  /** Returns the page's canonical bytes, made anew. */
  encode(): Uint8Array {
    const writer = new ByteWriter(this.#bytes);
    for (const record of this.#records) writeRecord(writer, record);
    return writer.finish();
  }

  /** Returns the place of the first record at or above `key`. */
  placeOf(key: string): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUtf8(this.#records[middle]!.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Replaces `removed` records from `place` on with `added`, which must keep the order. */
  splice(place: number, removed: number, ...added: KvRecord[]): void {
    for (const record of this.#records.splice(place, removed, ...added)) this.#bytes -= recordBytes(record);
    for (const record of added) this.#bytes += recordBytes(record);
    this.#digest = null;
  }

  /** Returns a separate page with the same records. */
  copy(generation: number): Page {
    return new Page(this.#records.slice(), this.#bytes, generation);
  }

  /** Returns this page and the next one as one page. */
  joined(next: Page, generation: number): Page {
    return new Page([...this.#records, ...next.#records], this.#bytes + next.#bytes, generation);
  }

  /** Returns the pages to put in place of this one: itself, or the parts of an overfull one, none of them overfull. */
  split(generation: number): Page[] {
    if (!this.isOverfull) return [this];
    const { place, bytes } = this.#middle();
    const left = new Page(this.#records.slice(0, place), bytes, generation);
    const right = new Page(this.#records.slice(place), this.#bytes - bytes, generation);
    return [...left.split(generation), ...right.split(generation)];
  }

  /** Returns the first place, with a record on each side, at which the larger part is smallest, and the bytes before it. */
  #middle(): { place: number; bytes: number } {
    let bytes = recordBytes(this.#records[0]!);
    let place = 1;
    for (; place < this.#records.length - 1; place++) {
      const more = bytes + recordBytes(this.#records[place]!);
      if (Math.max(more, this.#bytes - more) >= Math.max(bytes, this.#bytes - bytes)) break;
      bytes = more;
    }
    return { place, bytes };
  }
}

/**
 * Returns whether two neighbours must be joined into one page. No two pages of a store must: it joins them as soon as a change makes them
 * so. That leaves at most every other page below {@linkcode KV_LIMITS.minPageBytes}.
 */
export function mustJoin(left: Page, right: Page): boolean {
  const smaller = Math.min(left.bytes, right.bytes);
  return smaller < KV_LIMITS.minPageBytes && left.bytes + right.bytes <= KV_LIMITS.maxPageBytes;
}

/**
 * Returns the page in `bytes`, whose SHA-256 digest is `digest`; of generation 0. Throws a RangeError that says what is wrong unless they
 * are exactly what `encode` makes of a page that is neither empty nor overfull.
 */
export function decodePage(bytes: Uint8Array, digest: Digest): Page {
  const reader = new ByteReader(bytes);
  const records: KvRecord[] = [];
  while (reader.more) {
    const record = readRecord(reader);
    const before = records.at(-1);
    if (!reader.failed && before !== undefined && compareUtf8(before.key, record.key) >= 0) {
      throw new RangeError(`holds ${quoted(record.key)} behind ${quoted(before.key)}, keys must ascend`);
    }
    records.push(record);
  }
  if (!reader.done) {
    throw new RangeError(`ends inside a record or holds a malformed one, behind ${records.length - 1} good ones`);
  }
  if (records.length === 0) throw new RangeError("is empty, at least one record is wanted");
  const page = new Page(records, bytes.length, 0, digest);
  if (!page.isOverfull) return page;
  throw new RangeError(
    `has ${bytes.length} bytes in ${records.length} records, at most ${KV_LIMITS.maxPageBytes} are allowed to more than one`,
  );
}

/** Returns a key as error messages show it, cut to 64 characters. */
export const quoted = (key: string): string => JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
