import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRoundTrips, lateAfterMs, noteRoundTrip } from "./round_trips.ts";

function after(...times: readonly number[]) {
  const trips = createRoundTrips();
  for (const ms of times) noteRoundTrip(trips, ms);
  return trips;
}

Deno.test("the first two estimates are those of RFC 6298", () => {
  assertEquals([lateAfterMs(createRoundTrips()), lateAfterMs(after(80))], [0, 80 + 4 * 40]);
  const { smoothedMs, variationMs } = after(80, 160);
  assertEquals([smoothedMs, variationMs], [90, 0.75 * 40 + 0.25 * 80]);
});

Deno.test("steady answers leave little room, scattered ones much, and old times are forgotten", () => {
  assertAlmostEquals(lateAfterMs(after(...Array<number>(100).fill(50))), 50, 1);
  assert(lateAfterMs(after(...Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? 10 : 90))) > 150);
  assertAlmostEquals(lateAfterMs(after(5000, ...Array<number>(100).fill(50))), 50, 1);
});
