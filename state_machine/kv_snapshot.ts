/**
 * Reading of the chunks of a key-value store's state, as {@linkcode FrozenStore} makes them, from any source. Each chunk is checked against
 * the digest that an earlier one announced, so the head's digest authenticates them all (§8.3).
 */
import { sha256Hex } from "../crypto/digest.ts";
import type { Digest } from "../protocol/ids.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import { type Head, readHead, readIndex } from "./manifest.ts";
import { decodePage, mustJoin, type Page, quoted } from "./page.ts";

/** A whole state. The pages satisfy the rules of a `PageList` and are not shared. */
export interface KvState {
  readonly revision: number;
  readonly pages: readonly Page[];
}

/** Returns the state in `chunks`. Throws a RangeError that names the first fault unless they are a state that a store can have. */
export function readSnapshot(chunks: Iterable<Uint8Array>): KvState {
  const parser = new SnapshotParser();
  for (const chunk of chunks) parser.chunk(chunk);
  return parser.finish();
}

class SnapshotParser {
  #head: Head | null = null;
  /** Number of chunks taken. */
  #taken = 0;
  /** Expected digests of the pages, from the index chunks taken. */
  readonly #digests: Digest[] = [];
  readonly #pages: Page[] = [];
  #keys = 0;
  readonly #revisions = new Set<number>();

  chunk(bytes: Uint8Array): void {
    try {
      if (bytes.length > KV_LIMITS.maxChunkBytes) {
        throw new RangeError(`has ${bytes.length} bytes, at most ${KV_LIMITS.maxChunkBytes} are allowed`);
      }
      if (this.#head === null) this.#head = readHead(bytes);
      else if (this.#taken <= this.#head.indexes.length) this.#index(this.#head, bytes);
      else this.#page(this.#head, bytes);
    } catch (fault) {
      throw fault instanceof RangeError ? new RangeError(`${this.#name()} ${fault.message}`) : fault;
    }
    this.#taken++;
  }

  finish(): KvState {
    const head = this.#head;
    if (head === null) throw new RangeError("A snapshot needs at least one chunk: there is none");
    const wanted = 1 + head.indexes.length + head.pages;
    if (this.#taken !== wanted) {
      throw new RangeError(`A snapshot of ${head.pages} pages has ${wanted} chunks: ${this.#taken} are given`);
    }
    if (this.#keys !== head.keys) {
      throw new RangeError(`The snapshot announces ${head.keys} keys: its pages hold ${this.#keys}`);
    }
    return { revision: head.revision, pages: this.#pages };
  }

  #index({ pages, indexes }: Head, bytes: Uint8Array): void {
    const at = this.#taken - 1;
    checkDigest(bytes, indexes[at]!);
    this.#digests.push(...readIndex(pages, at, bytes));
  }

  #page(head: Head, bytes: Uint8Array): void {
    const wanted = this.#digests[this.#pages.length];
    if (wanted === undefined) throw new RangeError(`is one too many, ${head.pages} pages are announced`);
    checkDigest(bytes, wanted);
    const page = decodePage(bytes, wanted);
    const before = this.#pages.at(-1);
    if (before !== undefined) checkNeighbours(before, page);
    for (const { revision } of page.records) this.#revision(head, revision);
    this.#keys += page.records.length;
    this.#pages.push(page);
  }

  /** Checks a key's revision: each write gives the store a new revision, and that one to its key. */
  #revision({ revision: last }: Head, revision: number): void {
    if (revision < 1 || revision > last || this.#revisions.has(revision)) {
      throw new RangeError(`holds the impossible key revision ${revision} (store revision ${last})`);
    }
    this.#revisions.add(revision);
  }

  #name(): string {
    const { indexes = [], pages = 0 } = this.#head ?? {};
    const at = `Snapshot chunk ${this.#taken}`;
    if (this.#taken === 0) return `${at} (head)`;
    if (this.#taken <= indexes.length) return `${at} (index ${this.#taken} of ${indexes.length})`;
    return `${at} (page ${this.#taken - indexes.length} of ${pages})`;
  }
}

function checkDigest(bytes: Uint8Array, wanted: Digest): void {
  const given = sha256Hex(bytes);
  if (given !== wanted) throw new RangeError(`has digest ${given}, ${wanted} is wanted`);
}

function checkNeighbours(before: Page, page: Page): void {
  const [last, first] = [before.records.at(-1)!.key, page.records[0]!.key];
  if (compareUtf8(last, first) >= 0) {
    throw new RangeError(`starts with ${quoted(first)}, wanted is a key above ${quoted(last)}, the last before it`);
  }
  if (mustJoin(before, page)) {
    throw new RangeError(`has ${page.bytes} bytes and belongs into the page before it, which has ${before.bytes}`);
  }
}
