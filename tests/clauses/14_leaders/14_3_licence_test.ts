import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { lastHead, lastIndex } from "../../../replica/core/log/log.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, GENESIS, grow, prepareCertificate, requestVote } from "../support/forge.ts";
import { handOver } from "../support/forge_offices.ts";

const T = CONSTANTS.electionTimeoutMs;
const ALL = ["r2", "r3", "r4"];
const CHAIN = grow(GENESIS, 2, 1);
const TIP = endOf(CHAIN);

/** Returns a follower, r1, of r4 in term 1, that holds the certificate of the leader's last entry. */
function follower(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r4", 1, CHAIN);
  lab.commit(TIP);
  lab.take("PreVote");
  return lab;
}

const slotOf = (lab: ElectionLab): number => lab.state.election.timeout / (2 * lab.ids.length);

/** Asserts that the answer to the one RequestVote that waits leaves `k` slots from now. */
function assertAnsweredAfter(lab: ElectionLab, k: number): void {
  const due = lab.now + k * slotOf(lab);
  const before = lab.state.hard.currentTerm;
  assert(lab.wait(4000, () => lab.state.hard.currentTerm > before));
  assert(lab.now >= due && lab.now <= due + 10, `voted at ${lab.now}, due at ${due}`);
}

Deno.test("§14.3a whoever holds the first HandOver of its leader suspects it until the leader changes", () => {
  const lab = follower();
  assertEquals(lab.feed(handOver("r4", 1, "r2", TIP)), "accept");
  assert(lab.suspects);
  assertEquals(lab.feed(handOver("r4", 1, "r3", TIP)), "known-hand-over");
  assertEquals(lab.state.view.handOver!.successor, "r2");
  lab.heartbeat();
  lab.elapse(50);
  assert(lab.suspects, "a heartbeat ended it");
  lab.follow("r2", 2);
  lab.elapse(10);
  assert(!lab.suspects);

  const leader = new ElectionLab();
  leader.lead(1);
  leader.run([{ kind: "leave", reason: "stop" }]);
  leader.commit(lastHead(leader.state.log));
  assert(leader.suspects, "the leader itself");
});

Deno.test("§14.3b it suspects at once, without a tick", () => {
  const lab = follower();
  lab.feed(handOver("r4", 1, "r2", TIP));
  assertEquals(lab.take("PreVote").map(({ packet }) => packet.signed.message.term), [2]);
});

Deno.test("§14.3c that stops nothing, and is no failed election", () => {
  const lab = follower();
  lab.feed(handOver("r4", 1, "r2", TIP));
  assertEquals(lab.append(TIP, grow(TIP, 1, 1)), "accept");
  assertEquals(lastIndex(lab.state.log), TIP.index + 1);
  assertEquals(lab.state.election.failures, 0);
  assertEquals(lab.state.hard.currentTerm, 1);
});

Deno.test("§14.3d turns of whatever higher term are counted from the successor, by candidates and voters", () => {
  const candidate = follower();
  candidate.feed(handOver("r4", 1, "r1", TIP));
  candidate.hearPreVotes(5); // without a HandOver r1 would be the last
  candidate.elapse(10);
  assertEquals(candidate.take("RequestVote").length, 1);

  for (const [asking, k] of [["r2", 0], ["r3", 1], ["r4", 2]] as const) {
    const lab = follower();
    lab.feed(handOver("r4", 1, "r2", TIP));
    lab.feed(requestVote(asking, 7, ALL, prepareCertificate(1, TIP, ALL)));
    assertAnsweredAfter(lab, k);
    assertEquals(lab.state.view.handOver, null, "it has voted, and counts as ever");
  }
});

Deno.test("§14.3e a successor whose base is below the tip has the turn it has without a HandOver", () => {
  const lab = new ElectionLab();
  lab.follow("r4", 1);
  lab.feed(handOver("r4", 1, "r2", TIP));
  lab.feed(requestVote("r2", 2, ALL));
  assertAnsweredAfter(lab, 3);
});

Deno.test("§14.3f a successor that led one of the last f offices has no first turn", () => {
  const peers = ["r2", "r3", "r4", "r5", "r6", "r7"];
  const certificate = prepareCertificate(3, endOf(grow(GENESIS, 1, 3)), peers.slice(0, 5));
  for (const [before, k] of [["r3", 5], ["r5", 0]] as const) {
    const lab = new ElectionLab({ replicas: 7 });
    lab.follow("r3", 1);
    lab.follow(before, 2);
    lab.follow("r4", 3);
    lab.run([{ kind: "leave", reason: "stop" }]); // it does not stand itself
    lab.feed(handOver("r4", 3, "r3", certificate));
    lab.feed(requestVote("r3", 4, peers, certificate));
    assertAnsweredAfter(lab, k);
  }
});

Deno.test("§14.3g who handed over does not stand before another leads, for two election timeouts at most, and who is about to stop not at all", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.run([{ kind: "leave", reason: "stop" }]);
  lab.commit(lastHead(lab.state.log));
  const signedAt = lab.now;
  lab.run([{ kind: "leave", reason: null }]);
  lab.hearPreVotes(2);
  const stands = () => lab.state.hard.currentTerm > 1;
  assert(lab.wait(4 * T, stands), "it never stood");
  assert(lab.now >= signedAt + 2 * T, `it stood after ${lab.now - signedAt} ms`);

  const again = new ElectionLab();
  again.lead(1);
  again.run([{ kind: "leave", reason: "stop" }]);
  const tip = lastHead(again.state.log);
  again.commit(tip);
  again.run([{ kind: "leave", reason: null }]);
  const { prepared } = again.state;
  const next = grow(tip, 1, 2);
  again.follow("r2", 2, next, { base: prepared, prev: tip });
  again.commit(endOf(next));
  again.feed(handOver("r2", 2, "r1", endOf(next)));
  again.hearPreVotes(3);
  again.elapse(10);
  assertEquals(
    again.state.election.candidacy?.base.index,
    endOf(next).index,
    "r2 names it, long before two timeouts are over",
  );

  const stopping = follower();
  stopping.run([{ kind: "leave", reason: "stop" }]);
  stopping.feed(handOver("r4", 1, "r1", TIP));
  stopping.hearPreVotes(2);
  assert(!stopping.wait(4 * T, () => stopping.state.election.candidacy !== null));
});

Deno.test("§14.3h a HandOver of another term, signer or unproved leader is ignored before its signature is checked", () => {
  const forged = (leader: string, term: number): ReturnType<typeof handOver> => {
    const packet = handOver(leader, term, "r2", TIP);
    return { ...packet, signed: { ...packet.signed, signature: new Uint8Array(64) } };
  };
  const lab = follower();
  assertEquals(lab.feed(forged("r4", 2)), "other-term");
  assertEquals(lab.feed(forged("r3", 1)), "not-the-leader");
  assertEquals(lab.feed(forged("r4", 1)), "bad-signature");
  const voter = new ElectionLab();
  voter.suspect();
  voter.feed(requestVote("r2", 2, ALL));
  voter.until(() => voter.state.hard.currentTerm === 2);
  assertEquals(voter.feed(forged("r2", 2)), "not-the-leader", "its proof has not come");
  assertEquals(voter.feed(forged("r2", 1)), "other-term");
  assert(!lab.suspects);
  assertEquals(lab.state.view.leader, "r4" as ReplicaId);
});
