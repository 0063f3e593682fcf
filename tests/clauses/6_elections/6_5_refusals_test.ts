/** §6.5, §12: a refusal, however genuine, never counts as a vote: neither at the candidate nor in a proof. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Vote } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { certified } from "../../../protocol/rank.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { DecodeError, decodePeerPacket, encodePacket } from "../../../transport/codec/mod.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import * as forge from "../support/forge.ts";

const PEERS = ["r2", "r3", "r4"];
const CHAIN = forge.grow(forge.GENESIS, 3, 1);
const certificateAt = (index: number) => forge.prepareCertificate(1, forge.headIn(CHAIN, index), PEERS);
/** Refusals that each show a higher certificate than the one before, so that each still tells something new. */
const REFUSALS = PEERS.map((voter, i) => forge.voteRefusal(voter, 2, "r1", certificateAt(i + 1)));

/** Returns r1 as candidate of term 2 on genesis, with its own vote; its log holds the entries of the refusals, or none. */
function candidate(holdsEntries: boolean): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1, holdsEntries ? CHAIN : []);
  lab.campaign(2);
  assertEquals(certified(lab.state.election.candidacy!.base), forge.rankOf(0, forge.GENESIS));
  lab.take("AppendEntries");
  return lab;
}

Deno.test("§6.5e valid refusals of all others do not elect, whether their entries are at hand or not", () => {
  for (const holdsEntries of [true, false]) {
    const lab = candidate(holdsEntries);
    for (const refusal of REFUSALS) {
      assertEquals(lab.feed(refusal), "accept");
      assertEquals([lab.state.view.role, lab.state.leadership], ["candidate", null]);
    }
    assertEquals([...lab.state.election.candidacy!.votes.keys()], [lab.self]);
    lab.elapse(50);
    assertEquals([lab.state.view.leader, lab.take("AppendEntries")], [null, []]);
  }
});

Deno.test("§6.5e beside refusals it still takes Q votes, and the proof shows these alone", () => {
  const lab = candidate(true);
  lab.feed(REFUSALS[0]!, votePacket("r3", 2, "r1"), REFUSALS[1]!, REFUSALS[2]!);
  assertEquals(lab.state.view.role, "candidate");
  lab.feed(votePacket("r4", 2, "r1"));
  assertEquals(lab.state.view.role, "leader");
  const shown = lab.state.electionProof!.votes.map(({ message }) => `${message.kind} ${message.voter}`);
  assertEquals(shown, ["Vote r1", "Vote r3", "Vote r4"]);
});

Deno.test("§6.5e §6.7 a refusal in the place of a vote makes a proof that cannot even be read", () => {
  const proof = forge.electionProof("r3", 2, PEERS);
  const elects = (last: Signed<Vote>): Packet =>
    forge.appendEntries("r3", 2, [], { proof: { ...proof, votes: [...proof.votes.slice(0, 2), last] } });
  const refused = forge.voteRefusal("r4", 2, "r3", certificateAt(1)).signed as unknown as Signed<Vote>;
  assertEquals(decodePeerPacket(encodePacket(elects(proof.votes[2]!))), elects(proof.votes[2]!));
  assertThrows(() => decodePeerPacket(encodePacket(elects(refused))), DecodeError);
});
