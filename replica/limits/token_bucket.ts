/** Rate limits by name: a token bucket for each source, so that one cannot take the others' share (§7.5). */

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Buckets of `burst` tokens that refill at `perSecond`. Names are ids of the roster, which bounds their number, or else `maxNames` are
 * remembered: that used longest ago is forgotten first, and full again.
 */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #maxNames: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number, maxNames = Infinity) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#maxNames = maxNames;
  }

  /** Returns whether `name` has a token left at `now` milliseconds. Takes none: a stranger who uses the name must not use it up. */
  allows(name: string, now: number): boolean {
    return this.#at(name, now).tokens >= 1;
  }

  /**
   * Takes `count` tokens of `name`, once a signature proved that the packet is its own. More than are left are owed; with none left nothing
   * is taken, so that the debt stays below `count`.
   */
  take(name: string, now: number, count = 1): void {
    const bucket = this.#at(name, now);
    if (bucket.tokens >= 1) bucket.tokens -= count;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > this.#maxNames) this.#buckets.delete(this.#buckets.keys().next().value!);
  }

  /** Takes a token of `name` if one is left, and returns whether it did: where no signature has to prove first whose it is. */
  spend(name: string, now: number): boolean {
    const isLeft = this.allows(name, now);
    if (isLeft) this.take(name, now);
    return isLeft;
  }

  #at(name: string, now: number): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return { tokens: this.#burst, at: now };
    const refill = Math.max(0, now - bucket.at) * this.#perSecond / 1000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + refill);
    bucket.at = now;
    return bucket;
  }
}
