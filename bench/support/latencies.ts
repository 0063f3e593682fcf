/** Summarizes the latencies of calls. */

export interface LatencySummary {
  readonly count: number;
  /** Milliseconds; NaN if nothing was measured. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Summarizes `latencies`, in milliseconds and any order. */
export function summarize(latencies: readonly number[]): LatencySummary {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
