/**
 * Seeded numbers for jitter. Nothing secret or protocol-relevant rests on them; a run with one seed can be repeated. It is another generator
 * than the core's, the draws of which are part of recordings: to exchange either changes what known seeds do.
 */

/** The next number of a stream, uniform in [0, 1). */
export type Uniform = () => number;

const GOLDEN_RATIO_32 = 0x9e3779b9;
const TWO_TO_32 = 2 ** 32;

/** A stream of uniform numbers that depends on `seed` (any number; its low 32 bits count) alone. */
export function seededUniform(seed: number): Uniform {
  let state = seed >>> 0;
  return () => {
    state = (state + GOLDEN_RATIO_32) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / TWO_TO_32;
  };
}
