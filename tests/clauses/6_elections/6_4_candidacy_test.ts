import { assert, assertEquals } from "@std/assert";
import { certified } from "../../../protocol/rank.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import { acksOf, endOf, GENESIS, grow, preVote, rankOf, requestVote } from "../support/forge.ts";
import { sentOf } from "../support/lab.ts";

const CHAIN = grow(GENESIS, 1, 1);
const PREPARED = rankOf(1, endOf(CHAIN));

/** Returns r1 as candidate of term 2 on genesis, with entry 1 on its log, whose certificate reaches it only now. */
function candidateOutgrown(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, CHAIN);
  lab.campaign(2);
  lab.feed(...acksOf(["r2", "r3", "r4"], 1, endOf(CHAIN)));
  assertEquals(certified(lab.state.prepared), PREPARED);
  return lab;
}

Deno.test("§6.4 term and self-vote with its base are durable before the candidate asks anyone", () => {
  const lab = new ElectionLab();
  lab.suspect();
  lab.hearPreVotes(1);
  const { trace, sent } = lab.elapse(1000);
  const [asked] = sentOf({ trace, sent, verdicts: [], persisted: [] }, "RequestVote");
  assert(trace.indexOf("durable hard-state") < trace.indexOf("sign Vote"));
  assert(trace.indexOf("sign Vote") < trace.indexOf("sign RequestVote"));
  assertEquals(lab.disk.recovered().hardState.vote, { candidate: lab.self, base: asked!.signed.message.base });
  assertEquals(lab.disk.recovered().hardState.currentTerm, 1);
});

Deno.test("§6.4a without Q PreVotes nobody becomes candidate: a term is entered only after f+1 honest replicas gave up", () => {
  const lab = new ElectionLab();
  lab.feed(preVote("r2", 1));
  lab.suspect();
  lab.feed(preVote("r2", 1));
  lab.elapse(20_000);
  assertEquals(lab.state.hard.currentTerm, 0);
  assertEquals(lab.take("RequestVote"), []);
});

Deno.test("§6.4 its base is the highest prepare certificate it holds, and the certificate is shown", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, CHAIN);
  lab.prepare(endOf(CHAIN));
  lab.campaign(2);
  const [asked] = lab.take("RequestVote");
  assertEquals(asked!.packet.signed.message.base, PREPARED);
  assertEquals(certified(asked!.packet.certificate), PREPARED);
});

Deno.test("§6.4b the base is frozen with the self-vote: every later request names it, though the rank has risen", () => {
  const lab = candidateOutgrown();
  lab.take("RequestVote");
  lab.elapse(500);
  const asked = lab.take("RequestVote");
  assert(asked.length > 0);
  for (const { packet } of asked) {
    assertEquals(packet.signed.message.base, rankOf(0, GENESIS));
    assertEquals(certified(packet.certificate), rankOf(0, GENESIS));
  }
});

Deno.test("§6.4b elected, it leads from the voted base, though its rank has risen since", () => {
  const lab = candidateOutgrown();
  lab.feed(votePacket("r2", 2, "r1"));
  lab.take("AppendEntries");
  lab.feed(votePacket("r3", 2, "r1"));
  assertEquals(lab.state.view.role, "leader");
  assertEquals(lab.state.view.base, rankOf(0, GENESIS));
  const [first] = lab.take("AppendEntries").filter(({ packet }) => packet.proof !== null);
  assertEquals(certified(first!.packet.proof!.base), rankOf(0, GENESIS));
  assertEquals(first!.packet.signed.message.prevIndex, 0);
  assertEquals(first!.packet.entries.length, 2); // entry 1 is proposed anew, and the no-op of the term
});

Deno.test("§6.4b §6.6a votes for the risen base do not count", () => {
  const lab = candidateOutgrown();
  for (const voter of ["r2", "r3", "r4"]) {
    assertEquals(lab.feed(votePacket(voter, 2, "r1", PREPARED)), "vote-for-another-base");
  }
  assertEquals(lab.state.view.role, "candidate");
});

Deno.test("§6.4e after a restart it does not campaign again in that term", () => {
  const lab = candidateOutgrown();
  lab.restart();
  lab.suspect();
  lab.take("Vote");
  lab.hearPreVotes(2);
  lab.elapse(5000);
  assertEquals([...lab.take("RequestVote"), ...lab.take("Vote")], []);
  assertEquals(lab.state.hard.currentTerm, 2);
  for (const voter of ["r2", "r3", "r4"]) assertEquals(lab.feed(votePacket(voter, 2, "r1")), "no-candidacy");
  assertEquals(lab.state.view.role, "follower");
});

Deno.test("§6.4 after that restart a later term is open to it, on its risen base", () => {
  const lab = candidateOutgrown();
  lab.restart();
  lab.take("RequestVote");
  lab.campaign(3);
  assertEquals(lab.take("RequestVote")[0]!.packet.signed.message.base, PREPARED);
});

Deno.test("§6.4 asked by another while it is candidate, it votes for nobody else in that term", () => {
  const lab = candidateOutgrown();
  assertEquals(lab.feed(requestVote("r3", 2, ["r2", "r3", "r4"])), "already-voted");
});
