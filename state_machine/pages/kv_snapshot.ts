/**
 * Reading of the chunks of a key-value store's state, as {@linkcode FrozenStore} makes them, from any source. Each chunk is checked against
 * the digest that an earlier one announced, so the head's digest authenticates them all (§8.3).
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest } from "../../protocol/ids.ts";
import { compareUtf8 } from "../compare_utf8.ts";
import { eventBytes } from "../kv_change.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { decodeLease, type Lease } from "../leases/lease.ts";
import type { LeaseState } from "../leases/leases.ts";
import { decodeHistoryPage, type HistoryPage } from "./history_page.ts";
import { type Head, readHead, readIndex } from "./manifest.ts";
import { decodePage, mustJoin, type Page, quoted } from "./page.ts";

/** A whole state. The pages satisfy the rules of a `PageList` and of a `History`, and are not shared. */
export interface KvState {
  readonly revision: number;
  readonly pages: readonly Page[];
  readonly history: readonly HistoryPage[];
  readonly leases: LeaseState;
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
  readonly #history: HistoryPage[] = [];
  readonly #leases: Lease[] = [];
  #keys = 0;
  #historyBytes = 0;

  chunk(bytes: Uint8Array): void {
    try {
      if (bytes.length > KV_LIMITS.maxChunkBytes) {
        throw new RangeError(`has ${bytes.length} bytes, at most ${KV_LIMITS.maxChunkBytes} are allowed`);
      }
      if (this.#head === null) this.#head = readHead(bytes);
      else if (this.#taken <= this.#head.indexes.length) this.#index(this.#head, bytes);
      else if (this.#pages.length < this.#head.pages) this.#page(this.#head, bytes);
      else if (this.#history.length < this.#head.historyPages) this.#historyPage(this.#head, bytes);
      else this.#lease(this.#head, bytes);
    } catch (fault) {
      throw fault instanceof RangeError ? new RangeError(`${this.#name()} ${fault.message}`) : fault;
    }
    this.#taken++;
  }

  finish(): KvState {
    const head = this.#head;
    if (head === null) throw new RangeError("A snapshot needs at least one chunk: there is none");
    const pages = pagesOf(head);
    const wanted = 1 + head.indexes.length + pages;
    if (this.#taken !== wanted) {
      throw new RangeError(`A snapshot of ${pages} pages has ${wanted} chunks: ${this.#taken} are given`);
    }
    if (this.#keys !== head.keys) {
      throw new RangeError(`The snapshot announces ${head.keys} keys: its pages hold ${this.#keys}`);
    }
    const last = this.#history.at(-1)?.last ?? 0;
    if (last !== head.revision) {
      throw new RangeError(`The snapshot announces revision ${head.revision}: its history ends with ${last}`);
    }
    this.#checkLeasedKeys();
    const { last: granted = 0, time = 0 } = head.leases ?? {};
    const leases = { last: granted, time, leases: this.#leases };
    return { revision: head.revision, pages: this.#pages, history: this.#history, leases };
  }

  #index(head: Head, bytes: Uint8Array): void {
    const at = this.#taken - 1;
    checkDigest(bytes, head.indexes[at]!);
    this.#digests.push(...readIndex(pagesOf(head), at, bytes));
  }

  #page(head: Head, bytes: Uint8Array): void {
    const page = decodePage(bytes, this.#checked(bytes));
    const before = this.#pages.at(-1);
    if (before !== undefined) checkNeighbours(before, page);
    for (const { revision, createRevision } of page.records) checkRevisions(head, revision, createRevision);
    this.#keys += page.records.length;
    this.#pages.push(page);
  }

  #lease(head: Head, bytes: Uint8Array): void {
    if (this.#leases.length === (head.leases?.count ?? 0)) {
      throw new RangeError(`is one too many, ${pagesOf(head)} pages are announced`);
    }
    const lease = decodeLease(bytes, this.#checked(bytes));
    const before = this.#leases.at(-1)?.id ?? 0;
    if (lease.id <= before || lease.id > head.leases!.last) {
      throw new RangeError(`holds lease ${lease.id} behind ${before}, of ${head.leases!.last} that were granted`);
    }
    this.#leases.push(lease);
  }

  /** A key is in one lease at most, and there. */
  #checkLeasedKeys(): void {
    if (this.#leases.length === 0) return;
    const free = new Set(this.#pages.flatMap(({ records }) => records.map(({ key }) => key)));
    for (const { id, keys } of this.#leases) {
      for (const key of keys) {
        if (!free.delete(key)) {
          throw new RangeError(`The snapshot has ${quoted(key)} in lease ${id}, twice or without a value`);
        }
      }
    }
  }

  #historyPage(_head: Head, bytes: Uint8Array): void {
    const page = decodeHistoryPage(bytes, this.#checked(bytes));
    const before = this.#history.at(-1);
    if (before !== undefined) checkSuccession(before, page);
    this.#historyBytes += page.bytes;
    if (this.#historyBytes > KV_LIMITS.maxHistoryBytes) {
      throw new RangeError(
        `makes a history of ${this.#historyBytes} bytes, at most ${KV_LIMITS.maxHistoryBytes} are kept`,
      );
    }
    this.#history.push(page);
  }

  /** Returns the digest that an index chunk announced for the next page. Throws a RangeError if it is not that of `bytes`. */
  #checked(bytes: Uint8Array): Digest {
    const wanted = this.#digests[this.#pages.length + this.#history.length + this.#leases.length]!;
    checkDigest(bytes, wanted);
    return wanted;
  }

  #name(): string {
    const { indexes = [], pages = 0, historyPages = 0, leases } = this.#head ?? {};
    const at = `Snapshot chunk ${this.#taken}`;
    if (this.#taken === 0) return `${at} (head)`;
    if (this.#taken <= indexes.length) return `${at} (index ${this.#taken} of ${indexes.length})`;
    const page = this.#taken - indexes.length;
    if (page <= pages) return `${at} (page ${page} of ${pages})`;
    const later = page - pages;
    return later <= historyPages || leases === undefined
      ? `${at} (history page ${later} of ${historyPages})`
      : `${at} (lease ${later - historyPages} of ${leases.count})`;
  }
}

/** Returns the number of pages of all kinds. */
const pagesOf = ({ pages, historyPages, leases }: Head): number => pages + historyPages + (leases?.count ?? 0);

function checkDigest(bytes: Uint8Array, wanted: Digest): void {
  const given = sha256Hex(bytes);
  if (given !== wanted) throw new RangeError(`has digest ${given}, ${wanted} is wanted`);
}

/** A write gives its revision to all keys it writes, and keeps the create revision of those that are there. */
function checkRevisions({ revision: last }: Head, revision: number, createRevision: number): void {
  if (createRevision < 1 || createRevision > revision || revision > last) {
    const given = `revision ${revision}, created at ${createRevision}`;
    throw new RangeError(`holds a key of the impossible ${given} (store revision ${last})`);
  }
}

function checkSuccession(before: HistoryPage, page: HistoryPage): void {
  if (page.first !== before.last + 1) {
    throw new RangeError(`begins with revision ${page.first}, wanted is ${before.last + 1}`);
  }
  if (before.takes(eventBytes(page.event(page.first)))) {
    throw new RangeError(`begins with an event that belongs into the page before it, which has ${before.bytes} bytes`);
  }
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
