/** Where a run's numbers begin. */

/** Seqs in one millisecond of the clock; what one run cannot use up faster than the clock moves on. */
const SEQS_PER_MS = 1000;

let last = 0;

/**
 * The first seq (and nonce) of a new session: the wall clock in microseconds, above that of every session this process began earlier.
 * Below a millisecond it is random, so that two processes started in the same one differ.
 */
export function nextStart(wallClockMs: number, unit: number): number {
  const start = Math.floor(wallClockMs) * SEQS_PER_MS + Math.floor(unit * SEQS_PER_MS);
  last = start > last ? start : last + SEQS_PER_MS;
  return last;
}
