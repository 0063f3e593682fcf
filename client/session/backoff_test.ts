import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assertBackoffPolicy, backoffMs } from "./backoff.ts";
import { seededUniform } from "./random.ts";

Deno.test("back-off doubles up to its cap", () => {
  const policy = { baseMs: 100, capMs: 500, jitter: 0 };
  assertEquals([0, 1, 2, 3, 50, 5000].map((attempt) => backoffMs(policy, attempt, 0.5)), [
    100,
    200,
    400,
    500,
    500,
    500,
  ]);
});

Deno.test("back-off stays within base and cap, widened by the jitter alone", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 10_000 }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.double({ min: 0, max: 0.9, noNaN: true }),
    fc.nat(10_000),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    (baseMs, above, jitter, attempt, unit) => {
      const wait = backoffMs({ baseMs, capMs: baseMs + above, jitter }, attempt, unit);
      assert(wait >= baseMs * (1 - jitter) - 1e-6 && wait <= (baseMs + above) * (1 + jitter) + 1e-6, `waited ${wait}`);
    },
  ));
});

Deno.test("an impossible back-off policy is refused with what was given", () => {
  for (
    const policy of [
      { baseMs: 0, capMs: 10, jitter: 0 },
      { baseMs: 10, capMs: 5, jitter: 0 },
      { baseMs: 10, capMs: Infinity, jitter: 0 },
      { baseMs: 10, capMs: 10, jitter: 1 },
      { baseMs: NaN, capMs: 10, jitter: 0 },
    ]
  ) assertThrows(() => assertBackoffPolicy(policy), RangeError, `baseMs ${policy.baseMs}`);
});

Deno.test("seeded numbers repeat with their seed, differ between seeds and lie in [0, 1)", () => {
  const draw = (seed: number) => Array.from({ length: 200 }, seededUniform(seed));
  assertEquals(draw(7), draw(7));
  assert(draw(7).some((value, at) => value !== draw(8)[at]));
  assert(draw(7).every((value) => value >= 0 && value < 1));
  const mean = draw(7).reduce((sum, value) => sum + value, 0) / 200;
  assert(mean > 0.4 && mean < 0.6, `mean of 200 numbers is ${mean}`);
});
