import { assertAlmostEquals, assertEquals } from "@std/assert";
import { trendOf } from "./trend.ts";

Deno.test("a line's slope and growth are its own; noise that goes nowhere has none", () => {
  const line = trendOf([[0, 100], [1800, 110], [3600, 120]])!;
  assertAlmostEquals(line.slopePerHour, 20);
  assertAlmostEquals(line.mean, 110);
  assertAlmostEquals(line.growth, 20 / 110);
  const flat = trendOf([[0, 5], [10, 6], [20, 6], [30, 5]])!;
  assertAlmostEquals(flat.growth, 0);
});

Deno.test("too few samples, or all at one moment, have no trend", () => {
  assertEquals([trendOf([]), trendOf([[1, 1]]), trendOf([[1, 1], [1, 2]])], [null, null, null]);
});
