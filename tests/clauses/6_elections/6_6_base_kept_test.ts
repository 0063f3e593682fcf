/** §6.6: what a follower does about a leader that leaves the base it was elected on. */
import { assert, assertEquals } from "@std/assert";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const OLD = forge.grow(forge.GENESIS, 3, 1);
const BASE = forge.endOf(OLD);
const CHAIN = [...OLD, ...forge.grow(BASE, 1, 2)];
const base = forge.prepareCertificate(1, BASE, ["r1", "r3", "r4"]);
const FORK = forge.grow(forge.GENESIS, 5, 2, "fork");

for (
  const [name, entries, prev] of [
    ["another entry at its base", FORK, forge.GENESIS],
    ["another previous hash at its base", FORK.slice(3), forge.headIn(FORK, 3)],
  ] as const
) {
  Deno.test(`§6.6b a leader that shows ${name} is suspected at once, and nothing of its is acked`, () => {
    const lab = new Lab();
    lab.follow("r1", 2, entries, { base, prev });
    lab.elapse(20);
    assert(lab.state.election.suspectingSince !== null);
    assertEquals(lab.state.election.leaderFault, { leader: "r1", code: "leaves-its-base" });
    assertEquals(lab.state.hard.ack, null);
  });
}

Deno.test("§6.6 headers below, across and above the base on its own chain are followed", () => {
  const lab = new Lab();
  for (const [round, [from, to]] of ([[0, 2], [0, 3], [2, 4], [3, 4], [4, 4]] as const).entries()) {
    const prev = from === 0 ? forge.GENESIS : forge.headIn(CHAIN, from);
    const entries = CHAIN.slice(from, to);
    const { verdicts } = round === 0
      ? lab.follow("r1", 2, entries, { base, prev })
      : lab.receive(forge.appendEntries("r1", 2, entries, { prev, round: round + 1 }));
    assertEquals(verdicts.filter(({ verdict }) => verdict === "reject"), [], `${from}–${to}`);
  }
  assertEquals([lab.state.log.entries.length, lab.state.election.leaderFault], [4, null]);
});
