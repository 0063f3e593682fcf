/** Seeded numbers for jitter. Nothing secret or relevant to the protocol rests on them; a run can be repeated from its seed. */

/** Returns the next number of a stream, uniform in [0, 1). */
export type Uniform = () => number;

const GOLDEN_RATIO_32 = 0x9e3779b9;
const TWO_TO_32 = 2 ** 32;

/** Returns a stream of uniform numbers that depends on `seed` (any number; its low 32 bits count) alone. */
export function seededUniform(seed: number): Uniform {
  let state = seed >>> 0;
  return () => {
    state = (state + GOLDEN_RATIO_32) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / TWO_TO_32;
  };
}
