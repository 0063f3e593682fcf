/** Chooses the first request number of a run. */

/** Seqs per millisecond of the clock; a run cannot use them up faster than the clock advances. */
const SEQS_PER_MS = 1000;

let last = 0;

/**
 * Returns the first seq (and nonce) of a new session: the wall clock in microseconds, above that of every earlier session of this process.
 * The part below a millisecond is random, so that two processes started in the same one differ.
 */
export function nextStart(wallClockMs: number, unit: number): number {
  const start = Math.floor(wallClockMs) * SEQS_PER_MS + Math.floor(unit * SEQS_PER_MS);
  last = start > last ? start : last + SEQS_PER_MS;
  return last;
}
