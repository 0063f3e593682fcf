/** Seeded randomness for simulations. Every concern draws from a stream of its own, so that removing one changes little else. */
import { drawRandom } from "../../../replica/core/random.ts";

export class Rng {
  #state: number;

  /** Creates the stream `name` of `seed`; equal arguments give equal streams. */
  constructor(seed: number, name: string) {
    let state = (seed ^ 0x9e3779b9) | 0;
    for (const char of name) state = (Math.imul(state, 31) + char.charCodeAt(0)) | 0;
    this.#state = drawRandom(drawRandom(state).state ^ seed).state;
  }

  /** Returns a number in [0, 1). */
  next(): number {
    const { state, value } = drawRandom(this.#state);
    this.#state = state;
    return value;
  }

  /** Returns a number in [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Returns a whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Returns one of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("pick was given no items; wanted at least one");
    return items[Math.floor(this.next() * items.length)]!;
  }

  /** Returns `items` in random order. */
  shuffle<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
    }
    return mixed;
  }
}
