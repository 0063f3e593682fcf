/** Runs seeds until what a test is about has come about often enough: a run without it proves nothing. */
import { assertEquals } from "@std/assert";

/** Events that must occur over all runs, by name: their least number, and how they are counted in one run. */
export type Wanted<R> = Readonly<Record<string, readonly [atLeast: number, count: (run: R) => number]>>;

/**
 * Runs `seeds` one by one until every count of `wanted` is reached, and no more: long searches are `deno task sim`'s. Throws `AssertionError`
 * if the seeds do not suffice.
 */
export function runUntilSeen<R>(seeds: readonly number[], wanted: Wanted<R>, run: (seed: number) => R): void {
  const counted = new Map(Object.keys(wanted).map((name) => [name, 0]));
  const missing = () => Object.entries(wanted).filter(([name, [atLeast]]) => counted.get(name)! < atLeast);
  for (const seed of seeds) {
    if (missing().length === 0) return;
    const seen = run(seed);
    for (const [name, [, count]] of Object.entries(wanted)) counted.set(name, counted.get(name)! + count(seen));
  }
  const lines = missing().map(([name, [atLeast]]) => `${name}: wanted at least ${atLeast}, got ${counted.get(name)}`);
  assertEquals(lines, [], `after ${seeds.length} seeds`);
}
