/**
 * The store's records as a list of pages. The division into pages depends only on the order of changes, so replicas that executed the same
 * commands have the same pages, and a list made of another's pages continues exactly as that one does.
 */
import { compareUtf8 } from "../compare_utf8.ts";
import { mustJoin, Page } from "./page.ts";
import type { KvRecord } from "./record.ts";

/** Pages in order; together they ascend by key. No page is empty or overfull, and no two neighbours must be joined. */
export class PageList {
  readonly #pages: Page[];
  /** The same records by key: a search through the pages would make a read half as long again. */
  readonly #byKey = new Map<string, KvRecord>();
  /** Number of freezes so far; pages of an earlier generation are shared with frozen views and copied before they are changed. */
  #generation = 0;

  /** Makes a list of `pages`, which must satisfy the rules of a list and be of generation 0; they may be changed from now on. */
  constructor(pages: readonly Page[] = []) {
    this.#pages = pages.slice();
    for (const { records } of pages) for (const record of records) this.#byKey.set(record.key, record);
  }

  /** Number of records. */
  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): KvRecord | undefined {
    return this.#byKey.get(key);
  }

  /** Replaces the record with the same key, or inserts the record between its neighbours. */
  set(record: KvRecord): void {
    const at = this.#pageFor(record.key);
    const page = this.#own(at);
    const place = page.placeOf(record.key);
    page.splice(place, this.#byKey.has(record.key) ? 1 : 0, record);
    this.#byKey.set(record.key, record);
    this.#settle(at);
  }

  /** Removes a key; returns whether it existed. */
  delete(key: string): boolean {
    if (!this.#byKey.delete(key)) return false;
    const at = this.#pageFor(key);
    const page = this.#own(at);
    page.splice(page.placeOf(key), 1);
    this.#settle(at);
    return true;
  }

  /** Yields the records with keys at or above `key`, ascending. The list must not change while they are read. */
  *from(key: string): Generator<KvRecord> {
    let at = this.#pageFor(key);
    let place = this.#pages[at]?.placeOf(key) ?? 0;
    for (; at < this.#pages.length; at++, place = 0) {
      const { records } = this.#pages[at]!;
      for (; place < records.length; place++) yield records[place]!;
    }
  }

  /** Returns the present pages, which will never change again: later changes are made to copies. Costs one reference for each page. */
  freeze(): readonly Page[] {
    this.#generation++;
    return this.#pages.slice();
  }

  /** Returns the index of the last page whose first key is at or below `key`, or 0. */
  #pageFor(key: string): number {
    let low = 1;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUtf8(this.#pages[middle]!.records[0]!.key, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Returns the page at `at`, created if there is none, copied if a frozen view holds it. */
  #own(at: number): Page {
    const page = this.#pages[at] ?? new Page([], 0, this.#generation);
    return this.#pages[at] = page.generation === this.#generation ? page : page.copy(this.#generation);
  }

  /** Restores the rules of the list after the page at `at` was changed. */
  #settle(at: number): void {
    const page = this.#pages[at]!;
    if (page.records.length === 0) {
      this.#pages.splice(at, 1);
      this.#join(at - 1, at - 1);
    } else if (page.isOverfull) {
      const parts = page.split(this.#generation);
      this.#pages.splice(at, 1, ...parts);
      this.#join(at - 1, at + parts.length - 1);
    } else {
      this.#join(at - 1, at);
    }
  }

  /**
   * Joins pages from `first` to `last` with their successors where they must be joined. One pass from left to right is enough: a joined
   * page is larger than each of the two, so it need not be joined with any neighbour that they need not be joined with.
   */
  #join(first: number, last: number): void {
    for (let at = Math.max(first, 0); at <= last && at + 1 < this.#pages.length;) {
      const [left, right] = [this.#pages[at]!, this.#pages[at + 1]!];
      if (mustJoin(left, right)) {
        this.#pages.splice(at, 2, left.joined(right, this.#generation));
        last--;
      } else {
        at++;
      }
    }
  }
}
