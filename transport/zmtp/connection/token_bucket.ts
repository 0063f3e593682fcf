/** Allows a rate and a burst, by a clock in milliseconds that the caller reads. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Takes `count` tokens. Returns false, taking none, if there are fewer. */
  take(now: number, count = 1): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#filledAt) * this.#perMs);
    this.#filledAt = Math.max(this.#filledAt, now);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Returns whether there is a token, and leaves it there. */
  allows(now: number): boolean {
    const has = this.take(now);
    if (has) this.give();
    return has;
  }

  /** Gives `count` tokens back, as far as there is room for them. */
  give(count = 1): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }
}
