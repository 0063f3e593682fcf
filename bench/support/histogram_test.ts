import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createHistogram, encodeHistogram, latenciesOf, mergeHistograms, record } from "./histogram.ts";

/** A histogram of one process, as it reaches another. */
function encoded(latencies: readonly number[]): string {
  const histogram = createHistogram();
  for (const ms of latencies) record(histogram, ms);
  return encodeHistogram(histogram);
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

Deno.test("histograms of several processes merge into the one that a single process would have had", () => {
  const merged = mergeHistograms([encoded(upTo(1, 300)), encoded([]), encoded(upTo(301, 1000))]);
  assertEquals(merged.totalCount, 1000);
  assertEquals(latenciesOf(merged), latenciesOf(mergeHistograms([encoded(upTo(1, 1000))])));
});

Deno.test("percentiles are within three digits of the true ones", () => {
  const { p50, p90, p99, p999, max, mean } = latenciesOf(mergeHistograms([encoded(upTo(1, 1000))]));
  const wanted = [[p50, 500], [p90, 900], [p99, 990], [p999, 999], [max, 1000], [mean, 500.5]] as const;
  for (const [found, truth] of wanted) assertAlmostEquals(found, truth, truth / 1000 + 0.001);
});

Deno.test("latencies beyond the range count as its ends", () => {
  const histogram = createHistogram();
  record(histogram, 0);
  record(histogram, 1e9);
  assertEquals([histogram.totalCount, latenciesOf(histogram).p50], [2, 0.001]);
  assertAlmostEquals(latenciesOf(histogram).max, 600_000, 600);
});

Deno.test("nothing recorded has no latencies", () => {
  assert(Object.values(latenciesOf(mergeHistograms([encoded([])]))).every(Number.isNaN));
});
