/** Items of several senders, taken one of each sender in turn; each sender's share is bounded. */
export class FairQueue<T> {
  readonly #max: number;
  /** Senders with something queued; the first is the next to be served. */
  readonly #bySender = new Map<string, T[]>();

  /** `max` items are kept of each sender. */
  constructor(max: number) {
    this.#max = max;
  }

  get empty(): boolean {
    return this.#bySender.size === 0;
  }

  /** False, and nothing changes, if this sender's share is full. */
  push(sender: string, item: T): boolean {
    const queue = this.#bySender.get(sender);
    if (queue === undefined) {
      if (this.#max < 1) return false;
      this.#bySender.set(sender, [item]);
      return true;
    }
    if (queue.length >= this.#max) return false;
    queue.push(item);
    return true;
  }

  /** The oldest item of the sender whose turn it is; undefined if there is none. */
  shift(): T | undefined {
    const next = this.#bySender.entries().next();
    if (next.done) return undefined;
    const [sender, queue] = next.value;
    const item = queue.shift();
    this.#bySender.delete(sender);
    if (queue.length > 0) this.#bySender.set(sender, queue);
    return item;
  }
}
