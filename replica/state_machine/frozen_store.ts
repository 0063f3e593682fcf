/** The state of a key-value store at one revision, kept while the store goes on: what a checkpoint holds on to (§8.2, §8.3). */
import type { Digest } from "../core/ids.ts";
import { type Counters, makeManifest, type Manifest } from "./manifest.ts";
import type { Page } from "./page.ts";

/**
 * A state that never changes, as chunks: the head, the index chunks, then the pages (`docs/kv-commands.md`).
 *
 * It shares all its pages with the store until the store changes them, each of which is then copied first, without its values. So to
 * keep one costs the pages that were changed since, and of those what was overwritten or deleted. Digests are computed when first asked
 * for and kept with the page, for the store and all its frozen views together: the digest of a state costs the pages changed
 * since an earlier one, and 32 bytes for each other page. Chunks are made anew each time.
 */
export class FrozenStore {
  readonly #counters: Counters;
  readonly #pages: readonly Page[];
  #made: Manifest | null = null;

  /** `pages` must never change. */
  constructor(counters: Counters, pages: readonly Page[]) {
    this.#counters = counters;
    this.#pages = pages;
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
    return this.#manifest.chunks.length + this.#pages.length;
  }

  /** SHA-256 of chunk `at`. Throws a RangeError unless `at` is an integer from 0 to below `chunkCount`. */
  chunkDigest(at: number): Digest {
    return this.#manifest.digests[at] ?? this.#page(at).digest;
  }

  /**
   * Chunk `at`, at most `KV_LIMITS.maxChunkBytes`; the caller's own. Throws a RangeError unless `at` is an integer from 0 to below
   * `chunkCount`.
   */
  chunk(at: number): Uint8Array {
    return this.#manifest.chunks[at]?.slice() ?? this.#page(at).encode();
  }

  /** All chunks in order, each made when it is asked for. */
  *chunks(): Generator<Uint8Array> {
    for (let at = 0; at < this.chunkCount; at++) yield this.chunk(at);
  }

  get #manifest(): Manifest {
    return this.#made ??= makeManifest(this.#counters, this.#pages.map((page) => page.digest));
  }

  #page(at: number): Page {
    const page = this.#pages[at - this.#manifest.chunks.length];
    if (page === undefined) throw new RangeError(`Chunk ${at} is asked for, 0 to ${this.chunkCount - 1} are there`);
    return page;
  }
}
