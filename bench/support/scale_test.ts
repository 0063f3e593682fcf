import { assertAlmostEquals, assertEquals } from "@std/assert";
import { linearScale, logScale } from "./scale.ts";

Deno.test("a linear scale begins at 0 and reaches the highest value", () => {
  const { ticks, place } = linearScale([3, 9]);
  assertEquals([ticks[0], ticks.at(-1)], [{ value: 0, text: "0" }, { value: 10, text: "10" }]);
  assertEquals([place(0), place(5), place(10)], [0, 0.5, 1]);
});

Deno.test("a logarithmic scale has the powers of ten around its values", () => {
  const { ticks, place } = logScale([0.3, 4200]);
  assertEquals(ticks.map(({ text }) => text), ["0.1", "1", "10", "100", "1 000", "10 000"]);
  assertEquals([place(0.1), place(10_000)], [0, 1]);
  assertAlmostEquals(place(10), 0.4);
});

Deno.test("a logarithmic scale of one power, or of nothing, still has a bottom and a top", () => {
  for (const values of [[10], [], [0]]) assertEquals(logScale(values).ticks.length >= 2, true);
});
