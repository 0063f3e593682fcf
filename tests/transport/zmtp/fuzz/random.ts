import { drawRandom } from "../../../../replica/core/random.ts";

/** Chance for fuzzing, all from one seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Seeds that follow each other would begin alike.
    this.#state = Math.imul(seed, 0x9e37_79b9);
  }

  /** Returns an integer from 0 up to, and not including, `limit`. */
  below(limit: number): number {
    const { state, value } = drawRandom(this.#state);
    this.#state = state;
    return Math.floor(value * limit);
  }

  /** Returns true once in so many times. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let place = 0; place < length; place += 4) {
      const word = this.below(2 ** 32);
      for (let byte = 0; byte < 4 && place + byte < length; byte++) bytes[place + byte] = word >>> (byte * 8);
    }
    return bytes;
  }
}
