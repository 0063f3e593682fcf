import { assert, assertEquals } from "@std/assert";
import { replicaId, round, term } from "../../../protocol/ids.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import {
  appendEntries,
  electionProof,
  endOf,
  GENESIS,
  GENESIS_CERTIFICATE,
  grow,
  prepareCertificate,
  rankOf,
  signAs,
  vote,
} from "../support/forge.ts";
import { sentOf } from "../support/lab.ts";

const CHAIN = grow(GENESIS, 1, 1);
const BASE = prepareCertificate(1, endOf(CHAIN), ["r1", "r2", "r3"]);

/** Returns r1 as candidate of term 1 on genesis, with its own vote. */
function candidate(): ElectionLab {
  const lab = new ElectionLab();
  lab.campaign(1);
  return lab;
}

Deno.test("§6.6 Q votes of different replicas for this term, candidate and base elect", () => {
  const lab = candidate();
  assertEquals(lab.feed(votePacket("r2", 1, "r1")), "accept");
  assertEquals(lab.feed(votePacket("r2", 1, "r1")), "accept"); // again: it still counts once
  assertEquals(lab.state.view.role, "candidate");
  lab.feed(votePacket("r3", 1, "r1"));
  assertEquals([lab.state.view.role, lab.state.view.leader], ["leader", "r1"]);
});

Deno.test("§6.6a votes that name another base, candidate or term do not add up at the candidate", () => {
  const strays = {
    base: votePacket("r3", 1, "r1", rankOf(0, endOf(CHAIN))),
    candidate: votePacket("r3", 1, "r4"),
    "later term": votePacket("r3", 2, "r1"),
  };
  for (const [what, stray] of Object.entries(strays)) {
    const lab = candidate();
    lab.feed(votePacket("r2", 1, "r1"), stray);
    assertEquals(lab.state.view.role, "candidate", what);
    assertEquals(lab.state.election.candidacy!.votes.size, 2, what);
    lab.feed(votePacket("r4", 1, "r1"));
    assertEquals(lab.state.view.role, "leader", what);
  }
  const again = candidate();
  again.campaign(2);
  again.feed(votePacket("r2", 1, "r1"), votePacket("r3", 1, "r1"), votePacket("r4", 2, "r1"));
  assertEquals(again.state.view.role, "candidate", "earlier term");
});

Deno.test("§6.6a votes that name another base, candidate or term do not add up in a proof", () => {
  const [good, also] = [vote("r1", 2, "r3", rankOf(0, GENESIS)), vote("r2", 2, "r3", rankOf(0, GENESIS))];
  const strays = {
    base: vote("r4", 2, "r3", rankOf(1, endOf(CHAIN))),
    hash: vote("r4", 2, "r3", rankOf(0, { index: GENESIS.index, hash: endOf(CHAIN).hash })),
    candidate: vote("r4", 2, "r4", rankOf(0, GENESIS)),
    term: vote("r4", 3, "r3", rankOf(0, GENESIS)),
    "no third replica": good,
  };
  for (const [what, stray] of Object.entries(strays)) {
    for (const votes of [[good, also, stray], [stray, good, also]]) {
      const lab = new ElectionLab();
      lab.feed(appendEntries("r3", 2, [], { proof: { base: GENESIS_CERTIFICATE, votes } }));
      assertEquals([lab.state.hard.currentTerm, lab.state.view.leader], [0, null], what);
    }
  }
});

Deno.test("§6.7a a follower enters a term only on a valid proof", () => {
  const voters = ["r1", "r2", "r4"];
  const proofs = {
    "none": null,
    "too few votes": electionProof("r3", 2, ["r1", "r2"]),
    "an outsider's vote": electionProof("r3", 2, ["r1", "r2", "r9"]),
    "a base without certificate": electionProof("r3", 2, voters, { ...BASE, responses: BASE.responses.slice(1) }),
    "another base shown than voted": { ...electionProof("r3", 2, voters), base: BASE },
    "a base of the term itself": electionProof("r3", 1, voters, BASE),
    "an outsider as leader": electionProof("r9", 2, voters),
  };
  for (const [what, proof] of Object.entries(proofs)) {
    const lab = new ElectionLab();
    lab.feed(appendEntries("r3", proof?.votes[0]?.message.term ?? 2, [], { proof }));
    assertEquals([lab.state.hard.currentTerm, lab.state.view.leader], [0, null], what);
  }
  const lab = new ElectionLab();
  lab.feed(appendEntries("r3", 2, [], { proof: electionProof("r3", 2, voters, BASE) }));
  assertEquals([lab.state.hard.currentTerm, lab.state.view.leader, lab.state.view.base], [
    2,
    "r3",
    rankOf(1, endOf(CHAIN)),
  ]);
});

Deno.test("§6.7a only the proven leader's AppendEntries count in its term", () => {
  const lab = new ElectionLab();
  lab.follow("r3", 2);
  assertEquals(lab.feed(appendEntries("r4", 2, grow(GENESIS, 1, 2))), "not-the-leader");
  assertEquals(lab.state.log.entries, []);
});

Deno.test("§6.7 the proof is in the leader's first AppendEntries to each follower, and again whenever one asks", () => {
  const lab = new ElectionLab();
  lab.campaign(1);
  lab.feed(votePacket("r2", 1, "r1"));
  lab.take("AppendEntries");
  lab.feed(votePacket("r3", 1, "r1"));
  const proofs = () => lab.take("AppendEntries").filter(({ packet }) => packet.proof !== null).flatMap(({ to }) => to);
  assertEquals(proofs(), ["r2", "r3", "r4"]);
  lab.elapse(500);
  assertEquals(proofs(), []);
  const asked = {
    ...{ kind: "ResendRequest", term: term(0), replica: replicaId("r4"), round: round(1) } as const,
    ...{ commitIndex: GENESIS.index, commitHash: GENESIS.hash, match: GENESIS, proofWanted: true },
  };
  lab.feed({ kind: "ResendRequest", signed: signAs("r4", asked) });
  assertEquals(proofs(), ["r4"]);
});

Deno.test("§6.7c a restarted follower acks nothing before it has seen the proof again, and asks for it", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.restart();
  const more = (round: number): PacketOf<"AppendEntries"> => appendEntries("r2", 1, CHAIN, { round });
  const outcome = lab.receive(more(5));
  assertEquals(sentOf(outcome, "ResendRequest").map(({ signed }) => signed.message.proofWanted), [true]);
  assertEquals([sentOf(outcome, "AppendEntriesResponse"), lab.state.log.entries], [[], []]);
  const answered = lab.receive({ ...more(6), proof: electionProof("r2", 1, ["r2", "r3", "r4"]) });
  assertEquals(sentOf(answered, "AppendEntriesResponse")[0]?.signed.message.acks.at(-1), endOf(CHAIN));
});

Deno.test("§6.9a a replica that voted in a term has left every lower one: it neither follows, acks nor leads there", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.suspect();
  lab.hearPreVotes(6);
  lab.take("Vote");
  lab.feed({ ...votePacket("r2", 1, "r1") });
  assert(lab.wait(5000, () => lab.state.hard.currentTerm > 1));
  assertEquals(lab.state.leadership, null);
  lab.take("AppendEntries");
  assertEquals(
    lab.feed(appendEntries("r2", 1, CHAIN, { proof: electionProof("r2", 1, ["r2", "r3", "r4"]) })),
    "stale-term",
  );
  const { sent } = lab.elapse(3000);
  const low = sent.flatMap(({ packet }) =>
    "signed" in packet && "term" in packet.signed.message && packet.signed.message.term <= 1 ? [packet.kind] : []
  );
  assertEquals(low, []);
});
