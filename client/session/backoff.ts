/** Exponential back-off with jitter, bounded above and below. */
import { doubledUpTo } from "../../protocol/backoff.ts";

/** Growth of the waits between repeats. */
export interface BackoffPolicy {
  /** Wait before the first repeat, in milliseconds; at least 1. */
  readonly baseMs: number;
  /** Longest wait before jitter, in milliseconds; at least `baseMs`. */
  readonly capMs: number;
  /** Random share of the wait, in [0, 1): each wait is scaled by 1 − jitter … 1 + jitter. */
  readonly jitter: number;
}

/** Throws `RangeError` unless `policy` keeps every wait finite and positive. */
export function assertBackoffPolicy(policy: BackoffPolicy): void {
  const { baseMs, capMs, jitter } = policy;
  if (!(baseMs >= 1) || !(capMs >= baseMs) || !Number.isFinite(capMs) || !(jitter >= 0 && jitter < 1)) {
    throw new RangeError(
      `back-off was given baseMs ${baseMs}, capMs ${capMs}, jitter ${jitter}; ` +
        "wanted 1 <= baseMs <= capMs < Infinity and 0 <= jitter < 1",
    );
  }
}

/**
 * Returns the wait before repeat number `attempt` (from 0), in milliseconds: `baseMs` doubled `attempt` times, at most `capMs`, then
 * scaled by the jitter that `unit` in [0, 1) picks.
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, unit: number): number {
  const { baseMs, capMs, jitter } = policy;
  return doubledUpTo(capMs, baseMs, attempt) * (1 - jitter + 2 * jitter * unit);
}
