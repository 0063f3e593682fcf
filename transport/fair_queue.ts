/** Capacity of a {@linkcode FairQueue}; an omitted number means no such bound. */
export interface FairQueueLimits {
  /** Items of one source. A further one is refused. */
  readonly perSource?: number;
  /** Items of all sources together. A further one evicts the newest item of the source that has most. */
  readonly total?: number;
}

/** A queue served round-robin over its sources, each source's items in order: a flooding source crowds out only itself. */
export class FairQueue<T> {
  readonly #perSource: number;
  readonly #total: number;
  /** Sources with queued items; the first is the next to be served. */
  readonly #bySource = new Map<string, T[]>();
  #size = 0;

  constructor({ perSource = Infinity, total = Infinity }: FairQueueLimits) {
    this.#perSource = perSource;
    this.#total = total;
  }

  get size(): number {
    return this.#size;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /** Queues `item`. Returns false, changing nothing, if the source has its share, or the queue is full and no other source has more. */
  push(source: string, item: T): boolean {
    const queue = this.#bySource.get(source) ?? [];
    if (queue.length >= this.#perSource) return false;
    if (this.#size >= this.#total && !this.#makeRoom(queue.length + 1)) return false;
    queue.push(item);
    this.#bySource.set(source, queue);
    this.#size++;
    return true;
  }

  /** Removes and returns the oldest item of the source whose turn it is; undefined if there is none. */
  shift(): T | undefined {
    const next = this.#bySource.entries().next();
    if (next.done) return undefined;
    const [source, queue] = next.value;
    const item = queue.shift();
    this.#size--;
    this.#bySource.delete(source);
    if (queue.length > 0) this.#bySource.set(source, queue);
    return item;
  }

  /** Takes back an item just shifted, before all others of its source; the source's turn is over all the same. */
  putBack(source: string, item: T): void {
    this.#bySource.set(source, [item, ...this.#bySource.get(source) ?? []]);
    this.#size++;
  }

  /** Drops an item of the source with most of them, if that is more than `fair`. */
  #makeRoom(fair: number): boolean {
    let largest: T[] = [];
    for (const queue of this.#bySource.values()) if (queue.length > largest.length) largest = queue;
    if (largest.length <= fair) return false;
    largest.pop();
    this.#size--;
    return true;
  }
}
