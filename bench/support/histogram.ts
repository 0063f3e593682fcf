/** Latencies in an HdrHistogram: three significant digits from 1 µs to 10 minutes, and histograms of several processes can be merged. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";

export type { Histogram };

const MICROSECONDS = 1000;
const HIGHEST_US = 600_000_000;
const DIGITS = 3;

/** Latencies of calls in milliseconds; NaN if there were none. */
export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

export const createHistogram = (): Histogram =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: DIGITS });

/** Records a latency in milliseconds; one beyond the range counts as its end. */
export const record = (histogram: Histogram, ms: number): void =>
  histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * MICROSECONDS))));

/** Returns the histogram as text, for another process. */
export const encodeHistogram = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);

/** Returns one histogram of all that `encoded` ones hold. */
export function mergeHistograms(encoded: readonly string[]): Histogram {
  const merged = createHistogram();
  for (const text of encoded) merged.add(decodeFromCompressedBase64(text) as Histogram);
  return merged;
}

/** Returns the latencies that `histogram` holds. */
export function latenciesOf(histogram: Histogram): Latencies {
  const none = histogram.totalCount === 0;
  const ms = (us: number) => none ? NaN : us / MICROSECONDS;
  const at = (percent: number) => ms(histogram.getValueAtPercentile(percent));
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100), mean: ms(histogram.mean) };
}
