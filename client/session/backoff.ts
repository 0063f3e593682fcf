/** Exponential back-off with jitter, bounded above and below. */

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
  // 2 ** 31 already exceeds every sensible cap ratio; the bound keeps the power finite for any attempt count.
  const doubled = policy.baseMs * 2 ** Math.min(attempt, 31);
  return Math.min(policy.capMs, doubled) * (1 - policy.jitter + 2 * policy.jitter * unit);
}
