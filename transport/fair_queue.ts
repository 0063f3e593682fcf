/** Capacity of a {@linkcode FairQueue}; an omitted number means no such bound. */
export interface FairQueueLimits<T> {
  /** Items of one source. A further one is refused. */
  readonly perSource?: number;
  /** Weight of all items together. A further one evicts the newest items of the source whose items weigh most. */
  readonly total?: number;
  /** Returns an item's weight; 1 if left out. */
  readonly weigh?: (item: T) => number;
  /** Called with each item that is refused or evicted. */
  readonly onDrop?: (item: T) => void;
}

interface Source<T> {
  readonly items: T[];
  weight: number;
}

/** A queue served round-robin over its sources, each source's items in order: a flooding source crowds out only itself. */
export class FairQueue<T> {
  readonly #perSource: number;
  readonly #total: number;
  readonly #weigh: (item: T) => number;
  readonly #onDrop: (item: T) => void;
  /** Sources with queued items; the first is the next to be served. */
  readonly #bySource = new Map<string, Source<T>>();
  #size = 0;
  #weight = 0;

  constructor({ perSource = Infinity, total = Infinity, weigh = () => 1, onDrop = () => {} }: FairQueueLimits<T>) {
    this.#perSource = perSource;
    this.#total = total;
    this.#weigh = weigh;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#size;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /** Queues `item`. Returns false if the source has its share, or the queue is full and the items of no other source weigh more. */
  push(source: string, item: T): boolean {
    const isTaken = this.#push(source, item);
    if (!isTaken) this.#onDrop(item);
    return isTaken;
  }

  #push(source: string, item: T): boolean {
    const queue = this.#bySource.get(source) ?? { items: [], weight: 0 };
    const weight = this.#weigh(item);
    if (queue.items.length >= this.#perSource) return false;
    while (this.#weight + weight > this.#total) if (!this.#makeRoom(queue.weight + weight)) return false;
    queue.items.push(item);
    this.#bySource.set(source, queue);
    this.#count(queue, 1, weight);
    return true;
  }

  /** Removes and returns the oldest item of the source whose turn it is, of those that are served; undefined if there is none. */
  shift(isServed: (source: string) => boolean = () => true): T | undefined {
    for (const [source, queue] of this.#bySource) if (isServed(source)) return this.#shiftFrom(source, queue);
    return undefined;
  }

  /** Takes back an item just shifted, before all others of its source; the source's turn is over all the same. */
  putBack(source: string, item: T): void {
    const queue = this.#bySource.get(source) ?? { items: [], weight: 0 };
    queue.items.unshift(item);
    this.#bySource.set(source, queue);
    this.#count(queue, 1, this.#weigh(item));
  }

  /** Drops all that is queued of this source. */
  forget(source: string): void {
    const queue = this.#bySource.get(source);
    if (queue === undefined) return;
    this.#bySource.delete(source);
    this.#size -= queue.items.length;
    this.#weight -= queue.weight;
  }

  #shiftFrom(source: string, queue: Source<T>): T {
    const item = queue.items.shift()!;
    this.#count(queue, -1, -this.#weigh(item));
    this.#bySource.delete(source);
    if (queue.items.length > 0) this.#bySource.set(source, queue);
    return item;
  }

  /** Drops the newest item of the source whose items weigh most, if that is more than `fair`. */
  #makeRoom(fair: number): boolean {
    let heaviest: readonly [string, Source<T>] | null = null;
    for (const entry of this.#bySource) if (entry[1].weight > (heaviest?.[1].weight ?? fair)) heaviest = entry;
    if (heaviest === null) return false;
    const [source, queue] = heaviest;
    const dropped = queue.items.pop()!;
    this.#count(queue, -1, -this.#weigh(dropped));
    this.#onDrop(dropped);
    if (queue.items.length === 0) this.#bySource.delete(source);
    return true;
  }

  #count(queue: Source<T>, items: number, weight: number): void {
    this.#size += items;
    this.#weight += weight;
    queue.weight += weight;
  }
}
