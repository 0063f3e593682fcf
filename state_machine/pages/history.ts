/**
 * The changes of the last revisions, so that watches can go on where they were. What is kept depends on the changes alone, and is part of the
 * replicated state: replicas that executed the same commands hold the same events in the same pages.
 */
import { eventBytes, type KvChange } from "../kv_change.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { HistoryPage } from "./history_page.ts";

/** Pages in order, their events without a gap. The oldest goes when all together have more than `KV_LIMITS.maxHistoryBytes`. */
export class History {
  readonly #pages: HistoryPage[];
  #bytes = 0;
  /** True if a frozen view holds the last page, which is copied before it is added to. */
  #frozen = false;

  /** Makes a history of `pages`, which must satisfy its rules; the last one may be added to from now on. */
  constructor(pages: readonly HistoryPage[] = []) {
    this.#pages = pages.slice();
    for (const { bytes } of pages) this.#bytes += bytes;
  }

  /** Revision of the oldest event, or 1 if there is none. */
  get oldest(): number {
    return this.#pages[0]?.first ?? 1;
  }

  /** Length of the encodings of all pages together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the changes made by the next revision, and drops the oldest page where there are too many bytes. */
  add(revision: number, changes: readonly KvChange[]): void {
    const bytes = eventBytes(changes);
    const last = this.#own(bytes);
    if (last === null) this.#append(HistoryPage.of(revision, changes));
    else {
      last.push(changes, bytes);
      this.#bytes += bytes;
    }
    while (this.#bytes > KV_LIMITS.maxHistoryBytes) this.#bytes -= this.#pages.shift()!.bytes;
  }

  /** Yields the events behind a revision that is not below `oldest - 1`, ascending. Nothing may be added while they are read. */
  *behind(revision: number): Generator<{ readonly revision: number; readonly changes: readonly KvChange[] }> {
    for (let at = this.#pageFor(revision + 1); at < this.#pages.length; at++) {
      const page = this.#pages[at]!;
      for (let next = Math.max(revision + 1, page.first); next <= page.last; next++) {
        yield { revision: next, changes: page.event(next) };
      }
    }
  }

  /** Returns the present pages, which will never change again. Costs one reference for each page. */
  freeze(): readonly HistoryPage[] {
    this.#frozen = true;
    return this.#pages.slice();
  }

  /** Returns the last page, to be added to, if an event of `bytes` bytes belongs into it. */
  #own(bytes: number): HistoryPage | null {
    const last = this.#pages.at(-1);
    if (last === undefined || !last.takes(bytes)) return null;
    if (!this.#frozen) return last;
    this.#frozen = false;
    return this.#pages[this.#pages.length - 1] = last.copy();
  }

  #append(page: HistoryPage): void {
    this.#pages.push(page);
    this.#bytes += page.bytes;
    this.#frozen = false;
  }

  /** Returns the index of the last page whose first revision is at or below `revision`, or 0. */
  #pageFor(revision: number): number {
    let low = 1;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pages[middle]!.first <= revision) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
