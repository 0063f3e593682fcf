/** A connection with something queued. */
export interface Queuing {
  /** Forgets what it has queued, and ends: others need the room. */
  giveWay(): void;
}

/**
 * Bytes that many connections have queued together, never more than `maxBytes`. Where they do not suffice, the connection ends to which nothing could be
 * written for longest: whoever reads has something queued for moments only, and is never the one while others read nothing.
 */
export class QueuedBytes {
  readonly maxBytes: number;
  #bytes = 0;
  /** Those who have something queued, by when something was last written of it, or it was begun. */
  readonly #queuing = new Set<Queuing>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room for `bytes` of `queuing`. Returns false if they are too many, or nobody has read less than it. */
  makeRoom(queuing: Queuing, bytes: number): boolean {
    if (bytes > this.maxBytes) return false;
    while (this.#bytes + bytes > this.maxBytes) {
      const [deafest] = this.#queuing;
      if (deafest === undefined || deafest === queuing) return false;
      deafest.giveWay();
    }
    return true;
  }

  /** Notes that `queuing` has queued `bytes` more. */
  add(queuing: Queuing, bytes: number): void {
    this.#bytes += bytes;
    this.#queuing.add(queuing);
  }

  /** Notes that some of what `queuing` has queued is written. */
  progressed(queuing: Queuing): void {
    if (this.#queuing.delete(queuing)) this.#queuing.add(queuing);
  }

  /** Notes that `bytes` of `queuing` are written or forgotten, and whether it has more. */
  remove(queuing: Queuing, bytes: number, hasMore: boolean): void {
    this.#bytes -= bytes;
    if (!hasMore) this.#queuing.delete(queuing);
  }
}
