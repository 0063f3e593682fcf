/** The state of a key-value store at one revision, kept while the store continues, as a checkpoint needs (§8.2, §8.3). */
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { FrozenState } from "../../protocol/ports.ts";
import type { Lease } from "../leases/lease.ts";
import type { HistoryPage } from "./history_page.ts";
import { type Counters, indexesFor, makeManifest, type Manifest } from "./manifest.ts";
import type { Page } from "./page.ts";

/** A page of either kind. */
type AnyPage = Page | HistoryPage | Lease;

/**
 * A state that never changes, as chunks: the head, the index chunks, the pages, then those of the history, then the leases (`docs/kv-commands.md`).
 *
 * It shares all its pages with the store until the store changes them; each is copied first, without its values. So keeping a view costs
 * the pages changed since, and of those the values overwritten or deleted. Digests are computed when first asked for and kept with the
 * page, for the store and all its frozen views together: the digest of a state costs the pages changed since an earlier one, and 32 bytes
 * for each other page. A page's chunk or digest costs that page alone; those of the head and of an index chunk need the digests of all
 * pages, so to divide the work into small pieces, ask for them last. Chunks are made anew each time.
 */
export class FrozenStore implements FrozenState {
  readonly #counters: Counters;
  /** Pages of records, then of the history, then the leases. */
  readonly #pages: readonly AnyPage[];
  /** Number of pages of records. */
  readonly #recordPages: number;
  /** Number of chunks before the pages. */
  readonly #before: number;
  #made: Manifest | null = null;
  /** The page digested last, encoded: its chunk is often asked for next, and encoding is most of the work. */
  #latest: { readonly page: AnyPage; readonly bytes: Uint8Array } | null = null;

  /** `pages`, `history` and `leases` must never change. */
  constructor(
    counters: Counters,
    pages: readonly Page[],
    history: readonly HistoryPage[],
    leases: readonly Lease[] = [],
  ) {
    this.#counters = counters;
    this.#pages = [...pages, ...history, ...leases];
    this.#recordPages = pages.length;
    this.#before = 1 + indexesFor(this.#pages.length);
  }

  /** Store revision of the state. */
  get revision(): number {
    return this.#counters.revision;
  }

  /** Digest of the whole state, which is that of the head, chunk 0. */
  get digest(): Digest {
    return this.chunkDigest(0);
  }

  /** Number of chunks; at least one. */
  get chunkCount(): number {
    return this.#before + this.#pages.length;
  }

  /** Returns the SHA-256 digest of chunk `at`. Throws a RangeError unless `at` is an integer from 0 to below `chunkCount`. */
  chunkDigest(at: number): Digest {
    const page = this.#pageAt(at);
    if (page === null) return this.#manifest.digests[at]!;
    if (!page.isDigested) this.#latest = { page, bytes: page.encodeDigested() };
    return page.digest;
  }

  /** Returns the bytes to digest for `chunkDigest(at)`; 0 if the digest is known. */
  digestCost(at: number): number {
    const page = this.#pageAt(at);
    if (page !== null) return costOf(page);
    return this.#made === null ? this.#pages.reduce((sum, each) => sum + costOf(each) + DIGEST_BYTES, 0) : 0;
  }

  /**
   * Returns chunk `at`, at most `KV_LIMITS.maxChunkBytes`; the caller owns it. Throws a RangeError unless `at` is an integer from 0 to
   * below `chunkCount`.
   */
  chunk(at: number): Uint8Array {
    const page = this.#pageAt(at);
    if (page === null) return this.#manifest.chunks[at]!.slice();
    if (this.#latest?.page !== page) return page.encode();
    const { bytes } = this.#latest;
    this.#latest = null;
    return bytes;
  }

  /** Yields all chunks in order, each made on demand. */
  *chunks(): Generator<Uint8Array> {
    for (let at = 0; at < this.chunkCount; at++) yield this.chunk(at);
  }

  get #manifest(): Manifest {
    return this.#made ??= makeManifest(this.#counters, this.#recordPages, this.#pages.map((page) => page.digest));
  }

  /** Returns the page that is chunk `at`; null if that is the head or an index chunk. */
  #pageAt(at: number): AnyPage | null {
    if (!Number.isInteger(at) || at < 0 || at >= this.chunkCount) {
      throw new RangeError(`Chunk ${at} is asked for, 0 to ${this.chunkCount - 1} are there`);
    }
    return this.#pages[at - this.#before] ?? null;
  }
}

const costOf = (page: AnyPage): number => page.isDigested ? 0 : page.bytes;
