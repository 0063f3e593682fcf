import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createRoundTrips, lateAfterMs, noteRoundTrip } from "./round_trips.ts";

/** Answers one after the other, each to a request sent when the one before was answered. */
function after(...times: readonly number[]) {
  const trips = createRoundTrips();
  let now = 0;
  for (const ms of times) {
    noteRoundTrip(trips, now, now + ms);
    now += ms;
  }
  return trips;
}

Deno.test("the first two estimates are those of RFC 6298", () => {
  assertEquals([lateAfterMs(createRoundTrips()), lateAfterMs(after(80))], [0, 80 + 4 * 40]);
  const { smoothedMs, variationMs } = after(80, 160);
  assertEquals([smoothedMs, variationMs], [90, 0.75 * 40 + 0.25 * 80]);
});

Deno.test("steady answers are late after twice their time, scattered ones later, and old times are forgotten", () => {
  assertAlmostEquals(lateAfterMs(after(...Array<number>(100).fill(50))), 100, 1);
  assert(lateAfterMs(after(...Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? 10 : 90))) > 150);
  assertAlmostEquals(lateAfterMs(after(5000, ...Array<number>(100).fill(50))), 100, 1);
});

Deno.test("of all answers to what was sent in one round trip one counts, so that hundreds of them do not hide how rounds differ", () => {
  const trips = createRoundTrips();
  for (let round = 0; round < 20; round++) {
    const [sentAt, ms] = [round * 1000, round % 2 === 0 ? 100 : 400];
    for (let i = 0; i < 200; i++) noteRoundTrip(trips, sentAt, sentAt + ms);
  }
  assert(lateAfterMs(trips) > 600, `${lateAfterMs(trips)} ms`);
  assertEquals(trips.answeredAt, 19_400);
});
