import { assert, assertEquals } from "@std/assert";
import { EMPTY_HARD_STATE } from "../../../replica/storage/empty.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { electionProof, preVote, requestVote } from "../support/forge.ts";
import { sentOf } from "../support/lab.ts";

/** Returns the terms of the PreVotes sent since the last call. */
const published = (lab: ElectionLab): number[] => lab.take("PreVote").map(({ packet }) => packet.signed.message.term);

/** Returns a RequestVote for term 5 that shows PreVotes of r2, r3 and r4 for these terms. */
function showing(...terms: readonly number[]) {
  const preVotes = terms.map((term, i) => preVote(`r${i + 2}`, term).signed);
  return { ...requestVote("r3", 5, []), preVotes };
}

Deno.test("§6.3 a suspecting replica publishes a PreVote for the next term, and repeats it with a capped back-off", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.elapse(6000);
  const sent = lab.take("PreVote");
  const gaps = sent.slice(1).map(({ at }, i) => at - sent[i]!.at);
  assertEquals(gaps.slice(0, 6), [100, 200, 400, 800, 1000, 1000]);
  assert(sent.every(({ to, packet }) => to === "all" && packet.signed.message.term === 1));
});

Deno.test("§6.3 PreVotes end with suspicion", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.follow("r2", 1);
  lab.take("PreVote");
  assert(lab.trusts(5000));
  assertEquals(published(lab), []);
});

Deno.test("§6.3a it asks for the (f+1)-th highest term heard if that is higher: f replicas alone cannot raise it", () => {
  const lab = new ElectionLab();
  lab.feed(preVote("r2", 900));
  lab.suspect();
  assertEquals(published(lab), [1]);
  lab.feed(preVote("r3", 6));
  lab.elapse(100);
  assertEquals(published(lab), [6]);
});

Deno.test("§6.3 it shows the newest proof of its current term, and one shown by another is followed", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.suspect();
  assertEquals(lab.take("PreVote")[0]?.packet.proof, lab.state.electionProof);
  lab.feed(preVote("r3", 3, electionProof("r4", 2, ["r2", "r3", "r4"])));
  assertEquals([lab.state.hard.currentTerm, lab.state.view.leader], [2, "r4"]);
});

Deno.test("§6.3b a PreVote for t′ supports every t ≤ t′ in the certificate a candidate shows", () => {
  for (const terms of [[5, 5, 5], [5, 9, 7], [80, 90, 70]] as const) {
    const lab = new ElectionLab();
    assertEquals(lab.feed(showing(...terms)), "accept", `PreVotes for ${terms}`);
  }
  for (const terms of [[5, 5, 4], [4, 900, 900]] as const) {
    const lab = new ElectionLab();
    assertEquals(lab.feed(showing(...terms)), "no-pre-vote-certificate", `PreVotes for ${terms}`);
  }
});

Deno.test("§6.3b a PreVote for t′ supports every t ≤ t′ in the certificate a replica gathers itself", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.feed(preVote("r2", 7), preVote("r3", 4), preVote("r4", 9));
  assert(lab.wait(2000, () => lab.state.view.role === "candidate"));
  assertEquals(lab.state.hard.currentTerm, 4); // what Q = 3 of 9, 7, 4 support
  const [asked] = lab.take("RequestVote");
  assertEquals(asked!.packet.preVotes.map(({ message }) => message.term).sort(), [4, 7, 9]);
});

Deno.test("§6.3 PreVotes of Q different replicas are wanted: one replica's several count once, an outsider's never", () => {
  for (const names of [["r2", "r3", "r3"], ["r2", "r3"], ["r2", "r3", "r9"]]) {
    const lab = new ElectionLab();
    const preVotes = names.map((name) => preVote(name, 5).signed);
    assertEquals(lab.feed({ ...requestVote("r3", 5, []), preVotes }), "no-pre-vote-certificate", names.join());
  }
});

Deno.test("§6.3 a certificate received in any message serves its receiver as its own", () => {
  const lab = new ElectionLab({ self: "r2" }); // whose turn is the first one in term 5
  lab.suspect();
  lab.feed({ ...requestVote("r3", 5, ["r1", "r3", "r4"]) });
  assert(lab.wait(500, () => lab.state.view.role === "candidate"));
  assertEquals(lab.state.hard.currentTerm, 5);
});

Deno.test("§6.3e nothing of what is durable but the record of PreVotes changes to send one: an isolated replica never inflates its term", () => {
  const lab = new ElectionLab();
  const { persisted, sent } = lab.elapse(600_000);
  // The record that a roll call asks for (§8.4), once for all of them.
  assertEquals(persisted, [{ op: "hard-state", state: { ...EMPTY_HARD_STATE, preVoted: 1 } }] as never[]);
  assertEquals(Number(lab.state.hard.currentTerm), 0);
  assert(sent.length > 500 && sent.every(({ packet }) => packet.kind === "PreVote"));
  assertEquals(new Set(published(lab)), new Set([1]));
});

Deno.test("§6.3c a candidate counts only PreVotes heard since its own suspicion began, and none after it ended", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.hearPreVotes(2); // f+1 of them are no reason to suspect in term 1
  assert(lab.trusts(1000));
  lab.suspect();
  lab.elapse(3000);
  assertEquals(lab.state.hard.currentTerm, 1);
  lab.hearPreVotes(2);
  lab.heartbeat();
  assert(lab.trusts(1000));
  lab.suspect();
  lab.elapse(3000);
  assertEquals(lab.state.hard.currentTerm, 1);
});

Deno.test("§6.3d the first PreVote of a peer is answered by its own at once: that peer may have counted none before", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.elapse(6000); // the back-off has reached its cap
  lab.until((last) => sentOf(last, "PreVote").length > 0);
  lab.feed(preVote("r2", 1));
  assertEquals(sentOf(lab.elapse(10), "PreVote").length, 1);
  lab.feed(preVote("r2", 1));
  assertEquals(sentOf(lab.elapse(50), "PreVote"), []);
});

Deno.test("§6.3f the highest term of a PreVote is durable before it is signed", () => {
  const lab = new ElectionLab();
  for (const term of [1, 7]) {
    const { trace } = lab.until((last) => sentOf(last, "PreVote").some(({ signed }) => signed.message.term === term));
    const durable = trace.indexOf("durable hard-state");
    assert(durable >= 0 && durable < trace.indexOf("sign PreVote"), trace.join(", "));
    assertEquals(Number(lab.disk.recovered().hardState.preVoted), term);
    lab.feed(preVote("r2", 7), preVote("r3", 7));
  }
});
