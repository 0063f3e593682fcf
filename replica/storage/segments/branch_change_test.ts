/** §6.8 on the disk: of the branch what is new is written, and nothing else. */
import { assertEquals, assertThrows } from "@std/assert";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import * as forge from "../../../tests/clauses/support/forge.ts";
import { branchChange, changedBranch } from "./branch_change.ts";

const CHAIN = forge.grow(forge.GENESIS, 1983, 1);

/** Returns how many entries the change from one to the other holds, having checked where it leads. */
function cost(before: readonly ChainedEntry[], after: readonly ChainedEntry[]): number {
  const change = branchChange(before, after);
  assertEquals(changedBranch(before, change), after);
  return change.below.length + change.above.length;
}

Deno.test("a branch that the log grows over costs each of its entries once", () => {
  let entries = cost([], CHAIN);
  let before: readonly ChainedEntry[] = CHAIN;
  for (let from = 64; from < CHAIN.length; from += 64) {
    const after = CHAIN.slice(from);
    entries += cost(before, after);
    before = after;
  }
  assertEquals(entries + cost(before, []), CHAIN.length);
});

Deno.test("one that grows at either end costs what is new", () => {
  assertEquals(cost(CHAIN.slice(100, 200), CHAIN.slice(40, 200)), 60);
  assertEquals(cost(CHAIN.slice(40, 200), CHAIN.slice(40, 210)), 10);
  assertEquals(cost(CHAIN.slice(40, 210), CHAIN.slice(50, 190)), 0);
  assertEquals(cost(CHAIN.slice(50, 60), CHAIN.slice(40, 70)), 20);
});

Deno.test("whatever takes the place of a branch, the change leads to it", () => {
  const other = [...CHAIN.slice(0, 30), ...forge.grow(forge.headIn(CHAIN, 30), 30, 2, "other")];
  const branches = [[0, 60], [10, 40], [20, 60], [25, 28], [29, 31], [30, 60], [35, 50], [59, 60], [0, 0]] as const;
  let all = 0;
  for (const [from, to] of branches) {
    for (const [next, end] of branches) {
      for (const chain of [CHAIN, other]) all += cost(CHAIN.slice(from, to), chain.slice(next, end));
    }
  }
  assertEquals(all > 0, true);
});

Deno.test("a change does not fit a branch that lacks what it keeps", () => {
  const change = branchChange(CHAIN.slice(0, 60), CHAIN.slice(20, 70));
  for (const before of [[], CHAIN.slice(30, 60), CHAIN.slice(0, 59)]) {
    assertThrows(() => changedBranch(before, change), RangeError, "of the branch before");
  }
});
