/** Durations and sizes as they are counted where they happen: a few additions each, and no objects. */

/** Upper bounds of the buckets for durations, in seconds: from what one turn takes to what nobody waits for. */
export const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] as const;
/** Upper bounds of the buckets for numbers of things that travel together. */
export const COUNTS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Counts of values by bucket. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** Takes the upper bounds of the buckets, in rising order; what is above the last has a bucket of its own. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one value. */
  observe(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    this.#counts[i]!++;
    this.#sum += value;
  }

  /** Returns how many values were at most as large as each bound, and how many there were in all. */
  cumulative(): number[] {
    let sum = 0;
    return [...this.#counts].map((count) => sum += count);
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get sum(): number {
    return this.#sum;
  }
}
