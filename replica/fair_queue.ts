/** A bounded queue of queues, one a source, served in turn: whoever floods it crowds out only itself. */

export class FairQueue<T> {
  readonly #max: number;
  #bySource = new Map<string, T[]>();
  #size = 0;

  /** Holds at most `max` items of all sources together. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  /** Queues `item`. Where there is no room, the newest item of the source with most of them goes; false if that is this one. */
  add(source: string, item: T): boolean {
    const own = this.#bySource.get(source) ?? [];
    if (this.#size >= this.#max) {
      const largest = [...this.#bySource.values()].reduce((a, b) => b.length > a.length ? b : a);
      if (largest.length <= own.length + 1) return false;
      largest.pop();
      this.#size--;
    }
    own.push(item);
    this.#bySource.set(source, own);
    this.#size++;
    return true;
  }

  /** Takes items, one of each source in turn and each source's in order, until `mayGoOn` says no or none is left. */
  drain(mayGoOn: () => boolean, take: (item: T) => void): void {
    const sources = [...this.#bySource];
    for (let round = 0; this.#size > 0; round++) {
      for (const [, items] of sources) {
        if (round >= items.length) continue;
        if (!mayGoOn()) return this.#forget(sources, round);
        this.#size--;
        take(items[round]!);
        items[round] = undefined as T;
      }
    }
    this.#bySource = new Map();
  }

  /** Drops what was taken; sources not yet served in this round come first in the next drain. */
  #forget(sources: readonly [string, T[]][], round: number): void {
    const left = sources.map((
      [source, items],
    ): [string, T[]] => [source, items.slice(round).filter((i) => i !== undefined)]);
    left.sort(([, a], [, b]) => b.length - a.length);
    this.#bySource = new Map(left.filter(([, items]) => items.length > 0));
  }
}
