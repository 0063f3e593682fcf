import { assert, assertEquals } from "@std/assert";
import type { PreVote } from "../../../protocol/message.ts";
import { kthHighest } from "../../../protocol/quorum.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { requestVote } from "../support/forge.ts";

const ALL = ["r2", "r3", "r4"];
const ALL_HONEST = ["r1", "r2", "r3"];
const TICK_MS = 10;

/** Returns the slot: the current election timeout / 2n. */
const slotOf = (lab: ElectionLab): number => lab.state.election.timeout / (2 * lab.ids.length);

/** Asserts that `at` is the first tick at or after `due`. */
function assertDue(at: number, due: number, what: string): void {
  assert(at >= due && at <= due + TICK_MS, `${what}: happened at ${at}, due at ${due}`);
}

/** Returns the time at which the first vote is sent. */
function voteTime(lab: ElectionLab): number {
  lab.elapse(4000);
  return lab.take("Vote")[0]!.at;
}

Deno.test("§6.10a a candidate waits k slots, k = (position − term) mod n, after it holds the PreVote certificate", () => {
  for (const [term, k] of [[1, 3], [2, 2], [3, 1], [4, 0], [5, 3], [402, 2]] as const) {
    const lab = new ElectionLab();
    lab.suspect();
    lab.elapse(300); // suspicion alone begins no turn
    const due = lab.now + k * slotOf(lab);
    lab.hearPreVotes(term);

    lab.elapse(4000);
    assertDue(lab.take("RequestVote")[0]!.at, due, `term ${term}`);
  }
});

Deno.test("§6.10a a voter answers a candidate no sooner than its k slots after the certificate it came with", () => {
  for (const [candidate, k] of [["r2", 0], ["r3", 1], ["r4", 2]] as const) {
    const lab = new ElectionLab(); // its own turn in term 5 is the last
    lab.suspect();
    lab.elapse(300);
    const due = lab.now + k * slotOf(lab);
    lab.feed(requestVote(candidate, 5, ALL));
    assertDue(voteTime(lab), due, candidate);
  }
});

Deno.test("§6.10b the wait runs from the voter's own suspicion if that began later", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.feed(requestVote("r4", 2, ALL));
  assert(lab.trusts(5000));
  lab.suspect();
  const due = lab.state.election.suspectingSince! + slotOf(lab);
  assertDue(voteTime(lab), due, "vote");
});

Deno.test("§6.10b and not from the request: one whose turn came long ago is answered at once", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.hearPreVotes(9); // which support term 5 as well
  lab.elapse(2.5 * slotOf(lab));
  const due = lab.now;
  lab.feed(requestVote("r4", 5, ALL));
  assertDue(voteTime(lab), due, "vote");
});

Deno.test("§6.10 a request repeated does not begin its wait anew", () => {
  const lab = new ElectionLab();
  lab.suspect();
  const due = lab.now + 2 * slotOf(lab);
  lab.feed(requestVote("r4", 5, ALL));
  for (let i = 0; i < 5; i++) {
    lab.elapse(slotOf(lab) / 4);
    lab.feed(requestVote("r4", 5, ALL));
  }
  assertDue(voteTime(lab), due, "vote");
});

Deno.test("§6.10 of several candidates the one whose turn is first gets the vote, whoever asked first", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.feed(requestVote("r4", 5, ALL), requestVote("r3", 5, ALL), requestVote("r2", 5, ALL));
  lab.elapse(4000);
  assertEquals(lab.take("Vote")[0]!.packet.signed.message.candidate, "r2");
});

/**
 * Returns a cluster whose r4 campaigns only to win: as soon as it has heard PreVotes of all others it requests votes in the highest term
 * they support, ahead of any honest candidate, and once elected it does not lead. Its PreVotes alone help no one.
 */
function racedCluster(): SimCluster {
  const heard = new Map<string, Signed<PreVote>>();
  let asked = 0;
  const cluster: SimCluster = new SimCluster({
    replicas: 4,
    delay: (from, _, packet) => {
      if (packet.kind === "PreVote") heard.set(from, packet.signed);
      return 1;
    },
    hooks: { handled: race },
  });
  cluster.node("r4").crash();
  function race(): void {
    const term = kthHighest([...heard.values()].map(({ message }) => message.term), 3) ?? 0;
    if (term <= asked) return;
    asked = term;
    cluster.inject("r4", ALL_HONEST, { ...requestVote("r4", term, []), preVotes: [...heard.values()] });
  }
  return cluster;
}

Deno.test("§6.10c a Byzantine replica that wins every race and then stalls loses its turn", () => {
  const cluster = racedCluster();
  assert(cluster.elapse(60_000, () => ALL_HONEST.every((id) => cluster.node(id).state!.commitIndex > 0)));
});
