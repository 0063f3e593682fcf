import { assertEquals, assertThrows } from "@std/assert";
import { runUntilSeen } from "./run_until_seen.ts";

const WANTED = { even: [2, (n: number) => n % 2 === 0 ? 1 : 0], any: [3, () => 1] } as const;

function seedsRun(seeds: readonly number[]): number[] {
  const run: number[] = [];
  runUntilSeen<number>(seeds, WANTED, (seed) => {
    run.push(seed);
    return seed;
  });
  return run;
}

Deno.test("seeds are run until every count is reached, and no further", () => {
  assertEquals(seedsRun([2, 4, 1, 3, 5]), [2, 4, 1]);
  assertEquals(seedsRun([1, 3, 5, 2, 4, 6]), [1, 3, 5, 2, 4]);
});

Deno.test("seeds that show too little fail, and what is missing is named", () => {
  assertThrows(() => seedsRun([1, 3, 2]), Error, "even: wanted at least 2, got 1");
});
