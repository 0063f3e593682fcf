/**
 * Arrays for what is taken out of a buffer that is used again. Setting memory aside for each costs a sixth of receiving a short message, so short ones share
 * blocks. Whoever keeps one keeps its block: as much as a short message takes when it is decoded.
 */

/** Bytes of a block, and of the longest array in one. */
export const BLOCK_BYTES = 2048;
export const SHORT_BYTES = 512;

let block = new Uint8Array(BLOCK_BYTES);
let used = 0;

/** Returns `length` bytes of `from`, from `at` on, as an array that nobody else has a part of; its buffer has up to {@linkcode BLOCK_BYTES}. */
export function copyOf(from: Uint8Array, at: number, length: number): Uint8Array {
  if (length > SHORT_BYTES) return from.slice(at, at + length);
  if (used + length > BLOCK_BYTES) {
    block = new Uint8Array(BLOCK_BYTES);
    used = 0;
  }
  const copy = block.subarray(used, used + length);
  copy.set(from.subarray(at, at + length));
  used += length;
  return copy;
}
