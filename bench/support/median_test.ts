import { assertEquals } from "@std/assert";
import { median, medianOf } from "./median.ts";

Deno.test("the median is the value in the middle, or the mean of two", () => {
  assertEquals([median([3, 1, 100]), median([4, 1, 2, 100]), median([7])], [3, 3, 7]);
});

Deno.test("each figure of a result has a median of its own, whatever it is nested in", () => {
  const runs = [
    { clients: 64, rate: 100, at: { p50: 5, list: [1, 2] }, leader: "r1", none: null },
    { clients: 64, rate: 300, at: { p50: 1, list: [3, 4] }, leader: "r2", none: null },
    { clients: 64, rate: 200, at: { p50: 9, list: [2, 9] }, leader: "r3", none: null },
  ];
  assertEquals(medianOf(runs), { clients: 64, rate: 200, at: { p50: 5, list: [2, 4] }, leader: "r1", none: null });
});
