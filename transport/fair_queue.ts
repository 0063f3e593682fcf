/** How much a {@linkcode FairQueue} holds; without a number there is no such bound. */
export interface FairQueueLimits {
  /** Items of one source. One more of it is refused. */
  readonly perSource?: number;
  /** Items of all sources together. One more drives out the newest of the source that has most. */
  readonly total?: number;
}

/** Items of several sources, taken one of each source in turn and each source's in order: who floods it crowds out only itself. */
export class FairQueue<T> {
  readonly #perSource: number;
  readonly #total: number;
  /** Sources with something queued; the first is the next to be served. */
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

  /** False, and nothing changes, if the source has its share, or if the queue is full and no other source has more. */
  push(source: string, item: T): boolean {
    const queue = this.#bySource.get(source) ?? [];
    if (queue.length >= this.#perSource) return false;
    if (this.#size >= this.#total && !this.#makeRoom(queue.length + 1)) return false;
    queue.push(item);
    this.#bySource.set(source, queue);
    this.#size++;
    return true;
  }

  /** The oldest item of the source whose turn it is; undefined if there is none. */
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
