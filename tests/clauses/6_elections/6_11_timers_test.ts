import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, GENESIS, grow } from "../support/forge.ts";

const T = 1000;
const CAP = 16_000;

/** Asserts that the timer in force was drawn from [scale, 2·scale]. */
function assertScale(lab: ElectionLab, scale: number, what: string): void {
  const { timeout } = lab.state.election;
  assert(timeout >= scale && timeout <= 2 * scale, `${what}: ${timeout} is not in [${scale}, ${2 * scale}]`);
}

Deno.test("§6.11 the election timeout is random in [T, 2T], anew for each term and other at each replica", () => {
  const drawn = Array.from({ length: 20 }, (_, seed) => {
    const lab = new ElectionLab({ seed });
    assertScale(lab, T, "first");
    const first = lab.state.election.timeout;
    lab.follow("r2", 1);
    assertScale(lab, T, "next");
    assertNotEquals(lab.state.election.timeout, first);
    return first;
  });
  assertEquals(new Set(drawn).size, 20);
  assert(Math.max(...drawn) - Math.min(...drawn) > T / 2);
});

Deno.test("§6.11a it doubles with each election that brings no leader, up to the cap", () => {
  const lab = new ElectionLab();
  for (const [i, scale] of [T, 2 * T, 4 * T, 8 * T, CAP, CAP, CAP].entries()) {
    lab.campaign(i + 1);
    assertScale(lab, scale, `term ${i + 1}`);
  }
});

Deno.test("§6.11b and with each leader under which nothing is committed in time", () => {
  const lab = new ElectionLab();
  for (const [i, scale] of [T, 2 * T, 4 * T, 8 * T, CAP, CAP].entries()) {
    lab.follow("r2", i + 1);
    lab.append(GENESIS, grow(GENESIS, 1, i + 1));
    assertScale(lab, scale, `term ${i + 1}`);
    lab.suspect();
  }
});

Deno.test("§6.11c commit progress resets it", () => {
  const lab = new ElectionLab();
  lab.campaign(1);
  lab.campaign(2);
  lab.campaign(3);
  assertScale(lab, 4 * T, "term 3");
  lab.follow("r2", 4);
  const chain = grow(GENESIS, 1, 4);
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  assertScale(lab, T, "after a commit");
  lab.suspect(); // a leader that served and then fell silent is no failed election
  lab.hearPreVotes(5);
  lab.follow("r3", 5);
  assertScale(lab, T, "term 5");
});

Deno.test("§6.11 timers outgrow the real delay, whichever messages are slow", () => {
  for (const slow of ["AppendEntries", "AppendEntriesResponse", "Vote", "everything"]) {
    const delay = slow === "everything" ? 1500 : 4000;
    const cluster = new SimCluster({
      replicas: 4,
      delay: (_, __, { kind }) => slow === "everything" || kind === slow ? delay : 1,
    });
    const terms = () => Math.max(...cluster.ids.map((id) => cluster.node(id).state!.hard.currentTerm));
    const committed = () => cluster.ids.every((id) => cluster.node(id).state!.commitIndex > 0);
    assert(cluster.elapse(300_000, committed), slow);
    assert(terms() <= 8, `${slow}: it took ${terms()} terms`);
  }
});
