import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { canStillAccept, countLatestVote, countVote, createEqualTally, dissenters } from "./equal_tally.ts";

const roster = (n: number) => new Set(Array.from({ length: n }, (_, at) => `r${at + 1}`));
const same = (a: string, b: string) => a === b;

Deno.test("a replica that answers twice counts once, and its first answer stands (§2.4)", () => {
  const tally = createEqualTally(roster(4), 2, same);
  assertEquals(countVote(tally, "r1", "x"), "counted");
  assertEquals(countVote(tally, "r1", "x"), "repeated");
  assertEquals(countVote(tally, "r1", "y"), "repeated");
  assertEquals(tally.accepted, null);
  countVote(tally, "r2", "y");
  assertEquals(tally.accepted, null);
  countVote(tally, "r3", "x");
  assertEquals(tally.accepted?.value, "x");
  assertEquals(dissenters(tally), ["r2"]);
});

Deno.test("where the latest answer counts, it takes the place of the one before, and each replica has one voice", () => {
  const tally = createEqualTally(roster(4), 3, same);
  for (const replica of ["r1", "r2"]) countLatestVote(tally, replica, "x");
  assertEquals(countLatestVote(tally, "r1", "x"), "repeated");
  countLatestVote(tally, "r4", "y");
  for (let again = 0; again < 5; again++) countLatestVote(tally, "r1", again % 2 === 0 ? "y" : "z");
  assertEquals([tally.accepted, tally.voters.size, tally.groups.length], [null, 3, 2]);
  countLatestVote(tally, "r2", "y");
  assertEquals(tally.accepted?.value, "y");
  assertEquals(tally.accepted?.replicas, ["r4", "r1", "r2"]);
  assertEquals(countLatestVote(tally, "r1", "x"), "repeated");
  assertEquals([tally.accepted?.replicas.length, dissenters(tally)], [3, []]);
});

Deno.test("strangers do not count", () => {
  const tally = createEqualTally(roster(4), 1, same);
  assertEquals(countVote(tally, "r9", "x"), "stranger");
  assertEquals(tally.accepted, null);
});

Deno.test("what was accepted first is never replaced", () => {
  const tally = createEqualTally(roster(4), 2, same);
  for (const [replica, value] of [["r1", "x"], ["r2", "x"], ["r3", "y"], ["r4", "y"]] as const) {
    countVote(tally, replica, value);
  }
  assertEquals(tally.accepted?.value, "x");
  assertEquals(dissenters(tally), ["r3", "r4"]);
});

Deno.test("a tally knows when nothing can be accepted any more", () => {
  const tally = createEqualTally(roster(4), 3, same);
  countVote(tally, "r1", "a");
  assert(canStillAccept(tally));
  countVote(tally, "r2", "b");
  assert(canStillAccept(tally));
  countVote(tally, "r3", "c");
  assert(!canStillAccept(tally));
});

Deno.test("impossible needs are refused", () => {
  for (const needed of [0, 5, 1.5, NaN]) {
    assertThrows(() => createEqualTally(roster(4), needed, same), RangeError, `needed = ${needed}`);
  }
});

Deno.test("for all votes: accepted needs that many different voters of the roster, and the tally stays small", () => {
  const vote = fc.tuple(fc.integer({ min: 1, max: 9 }).map((at) => `r${at}`), fc.constantFrom("x", "y", "z"));
  fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.array(vote, { maxLength: 60 }), (n, votes) => {
    const replicas = roster(n);
    const needed = Math.max(1, Math.ceil(n / 2));
    const tally = createEqualTally(replicas, needed, same);
    const first = new Map<string, string>();
    for (const [replica, value] of votes) {
      countVote(tally, replica, value);
      if (replicas.has(replica) && !first.has(replica)) first.set(replica, value);
      // The dumb oracle: count first answers from scratch.
      const reached = ["x", "y", "z"].filter((v) =>
        [...first.values()].filter((given) => given === v).length >= needed
      );
      assertEquals(tally.accepted !== null, reached.length > 0);
      if (tally.accepted !== null) assert(reached.includes(tally.accepted.value));
    }
    assert(tally.voters.size <= n && tally.groups.length <= n);
  }));
});
