/** §5.2: how often a follower's complaints make a leader send entries again. */
import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { type ReplicaId, round } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { headAt, lastIndex } from "../../../replica/core/log/log.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 1000, 1);

/** Returns a leader of term 2 with a long log; its followers hold nothing yet. */
function leading(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 64), { prev: forge.GENESIS });
  for (let from = 64; from < CHAIN.length; from += 64) {
    lab.receive(
      forge.appendEntries("r1", 1, CHAIN.slice(from, from + 64), { prev: forge.headIn(CHAIN, from), round: from }),
    );
  }
  lab.receive(...forge.acksOf(lab.peers, 1, forge.endOf(CHAIN)));
  lab.lead(2);
  return lab;
}

function complain(lab: Lab, from: ReplicaId, match: Head, about: number): Outcome {
  const message = {
    kind: "ResendRequest",
    term: lab.state.hard.currentTerm,
    replica: from,
    round: round(about),
    commitIndex: forge.GENESIS.index,
    commitHash: forge.GENESIS.hash,
    match,
    proofWanted: false,
  } as const;
  return lab.receive({ kind: "ResendRequest", signed: forge.signAs(from, message) });
}

const entriesIn = (outcome: Outcome) =>
  sentOf(outcome, "AppendEntries").reduce((sum, { entries }) => sum + entries.length, 0);

Deno.test("§5.2 a follower that took a resend gets what comes next, without waiting for a heartbeat", () => {
  const lab = leading();
  const [r1] = lab.peers;
  let match: Head = forge.GENESIS;
  for (let step = 0; step < 10; step++) {
    lab.now += 10;
    const answer = complain(lab, r1!, match, lab.state.leadership!.round);
    const sent = sentOf(answer, "AppendEntries").filter(({ entries }) => entries.length > 0);
    assertEquals(sent.map(({ signed }) => signed.message.prevIndex), [match.index], `step ${step}`);
    match = headAt(lab.state.log, sent[0]!.entries.at(-1)!.index);
  }
  assertEquals(Number(match.index), 10 * LIMITS.maxAppendEntries);
});

Deno.test("§5.2 complaints about rounds before the last resend are answered already", () => {
  const lab = leading();
  const [r1] = lab.peers;
  const { round: before } = lab.state.leadership!;
  assert(entriesIn(complain(lab, r1!, forge.GENESIS, before)) > 0);
  assertEquals(entriesIn(complain(lab, r1!, forge.GENESIS, before)), 0);
});

Deno.test("§5.2d §12 followers that complain without end make a leader send a bounded amount, also together", () => {
  const lab = leading();
  let sent = 0;
  for (let i = 0; i < 2000; i++) {
    sent += entriesIn(complain(lab, lab.peers[i % 2]!, forge.GENESIS, lab.state.leadership!.round));
  }
  const each = Math.ceil(LIMITS.repairBurstBytes / LIMITS.repairAnswerBytes) * LIMITS.maxAppendEntries;
  assert(sent > 0 && sent <= 2 * each && sent < 2000 * LIMITS.maxAppendEntries, `${sent} entries were sent`);
});

Deno.test("§5.2 §8.1 a replica thousands of entries behind is repaired within seconds, where round trips are short", () => {
  const cluster = new SimCluster({ replicas: 4, delay: () => 1 });
  const settled = (count: number) =>
    [...cluster.nodes.values()].filter(({ state }) => state && state.commitIndex >= count);
  assert(cluster.elapse(10_000, () => settled(1).length === 4));
  const leader = [...cluster.nodes.values()].find(({ state }) => state!.leadership)!;
  const behind = [...cluster.nodes.values()].find((node) => node !== leader)!;
  behind.crash();
  for (let i = 0; i < 3000; i++) {
    cluster.request(leader.id, cluster.signRequest("c1", i, Math.max(0, i - 8), new Uint8Array(20)));
    cluster.elapse(8);
  }
  assert(cluster.elapse(10_000, () => settled(2000).length === 3), "the others went on");
  const goal = Number(lastIndex(leader.state!.log));
  behind.start();
  assert(cluster.elapse(5000, () => settled(goal).length === 4), `still at ${behind.state!.commitIndex} of ${goal}`);
});
