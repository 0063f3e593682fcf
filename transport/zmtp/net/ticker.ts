/** Something to be looked at again and again. */
export interface Ticking {
  tick(now: number): void;
}

/** A pause of the process counts as no more than this many intervals. */
const MOST_INTERVALS = 2;

/**
 * Looks at everything once in an interval, by a clock that stands still while this process does: after a pause of any length
 * nobody has been silent for longer than a moment, and what lies unread is read first.
 */
export class Ticker {
  readonly #intervalMs: number;
  readonly #ticking = new Set<Ticking>();
  readonly #timer: ReturnType<typeof setInterval>;
  #lookedAt = performance.now();
  #asleepMs = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#timer = setInterval(() => this.#tick(), intervalMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Milliseconds this process was awake. */
  now(): number {
    const passed = performance.now() - this.#lookedAt;
    return this.#lookedAt - this.#asleepMs + Math.min(passed, MOST_INTERVALS * this.#intervalMs);
  }

  add(ticking: Ticking): void {
    this.#ticking.add(ticking);
  }

  delete(ticking: Ticking): void {
    this.#ticking.delete(ticking);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const [now, real] = [this.now(), performance.now()];
    this.#asleepMs = real - now;
    this.#lookedAt = real;
    for (const ticking of [...this.#ticking]) ticking.tick(now);
  }
}
