/** §4.3: what raises currentTerm, and that nothing of a lower term is signed once it is raised. */
import { assert, assertEquals } from "@std/assert";
import type { Packet } from "../../../protocol/packet.ts";
import * as forge from "../support/forge.ts";
import { inputsOf, Lab, type Outcome, requestInput, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 3, 1);
const PEERS = ["r1", "r3", "r4"];

/** Responses of Q replicas that make a prepare certificate of `termNumber`. */
const certificateOf = (termNumber: number) =>
  forge.acksOf(PEERS, termNumber, forge.endOf(forge.grow(forge.GENESIS, 1, termNumber, "elsewhere")));

const termOf = (lab: Lab): number => lab.state.hard.currentTerm;

Deno.test("§4.3 a vote raises currentTerm", () => {
  const lab = new Lab();
  lab.suspect();
  lab.receive(forge.requestVote("r3", 2, PEERS)); // first in turn in term 2
  lab.until((last) => sentOf(last, "Vote").length > 0);
  assertEquals([termOf(lab), lab.state.hard.vote?.candidate, lab.state.view.leader], [2, lab.ids[2], null]);
});

Deno.test("§4.3 a candidacy raises currentTerm", () => {
  const lab = new Lab();
  lab.campaign(7);
  assertEquals(lab.state.view.role, "candidate");
  assertEquals([termOf(lab), lab.state.hard.vote?.candidate], [7, lab.self]);
});

Deno.test("§4.3 a valid election proof raises currentTerm, an invalid one does not", () => {
  const lab = new Lab();
  const proof = forge.electionProof("r1", 3, ["r1", "r3"]);
  lab.receive(forge.appendEntries("r1", 3, CHAIN, { proof }));
  assertEquals(termOf(lab), 0);
  lab.follow("r1", 3);
  assertEquals([termOf(lab), lab.state.view.leader], [3, lab.ids[0]]);
});

Deno.test("§4.3 a certificate of a higher term raises currentTerm, then with no leader known", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...certificateOf(4));
  assertEquals([termOf(lab), lab.state.view.leader, lab.state.view.role], [4, null, "follower"]);
  assertEquals(lab.disk.recovered().hardState.currentTerm, lab.state.hard.currentTerm);
});

for (const atHand of [true, false]) {
  Deno.test(`§4.3c so does one that a refusal shows, its entries ${atHand ? "on the log" : "elsewhere"}`, () => {
    const lab = new Lab();
    const chain = forge.grow(forge.GENESIS, 3, 1);
    lab.follow("r1", 1, atHand ? chain : []);
    lab.campaign(2);
    const certificate = forge.prepareCertificate(9, forge.endOf(chain), PEERS);
    lab.receive(forge.voteRefusal("r3", 2, "r2", certificate));
    assertEquals([termOf(lab), lab.state.view.role, lab.state.election.candidacy], [9, "follower", null]);
    assertEquals([Number(lab.state.prepared.term), lab.state.catchUp.wanted !== null], [atHand ? 9 : 0, !atHand]);
    lab.restart();
    assertEquals(termOf(lab), 9);
  });
}

Deno.test("§4.3c a disk that holds a certificate of a higher term than its own is brought up to it", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const certificate = forge.prepareCertificate(9, forge.endOf(CHAIN), PEERS);
  lab.storage.commit([{ op: "prepared", certificate, branch: [] }], []);
  lab.restart();
  assertEquals([termOf(lab), lab.state.hard.ack, lab.state.hard.vote], [9, null, null]);
  lab.suspect();
  lab.receive(...PEERS.map((id) => forge.preVote(id, 10)));
  const asked = lab.until((last) => sentOf(last, "RequestVote").length > 0);
  const { term, base } = sentOf(asked, "RequestVote")[0]!.signed.message;
  assertEquals([term, base.term], [10, 9] as never[]);
});

Deno.test("§4.3 nothing else raises it: claims, PreVotes, requests, resends and too few acks of higher terms", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(
    forge.appendEntries("r3", 9, []),
    ...PEERS.map((id) => forge.preVote(id, 9)),
    forge.requestVote("r3", 9, PEERS),
    ...certificateOf(9).slice(0, 2),
    ...PEERS.map((id) => forge.response(id, 9, { prepared: forge.rankOf(8, forge.headIn(CHAIN, 3)) })),
  );
  assertEquals(termOf(lab), 1);
});

/** Returns every term for which this replica signed anything. */
const signedTerms = ({ sent }: Outcome): number[] =>
  sent.flatMap(({ packet }) =>
    !("signed" in packet) || packet.kind === "ForwardedRequest" || !("term" in packet.signed.message)
      ? []
      : [packet.signed.message.term]
  );

/** §4.3: `before` and then a certificate of term 6, taken in one batch and for a while afterwards, sign nothing below 6. */
function signsNothingLower(lab: Lab, before: readonly Packet[], wouldSign: Packet["kind"]): void {
  const witness = lab.receive(...before);
  assert(sentOf(witness, wouldSign).length > 0, `without the certificate no ${wouldSign} is signed`);
  const batch = lab.receive(...before, ...certificateOf(6));
  const terms = signedTerms({ ...batch, sent: [...batch.sent, ...lab.elapse(900).sent] });
  assert(terms.every((term) => term >= 6), `signed for terms ${terms}`);
}

Deno.test("§4.3a once the term is raised no ResendRequest of the lower one is signed", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const gap = forge.appendEntries("r1", 1, [], { prev: forge.endOf(CHAIN), round: 9 });
  signsNothingLower(lab, [gap], "ResendRequest");
});

Deno.test("§4.3a once the term is raised no vote of the lower one is signed, not even again", () => {
  const lab = new Lab();
  lab.suspect();
  const asked = forge.requestVote("r3", 2, PEERS);
  lab.receive(asked);
  lab.until(() => lab.state.hard.vote !== null);
  assertEquals(termOf(lab), 2);
  signsNothingLower(lab, [asked], "Vote");
});

Deno.test("§4.3a once the term is raised no RequestVote of the lower one is signed", () => {
  const lab = new Lab();
  lab.campaign(5);
  assert(lab.state.election.candidacy!.repeatAt <= lab.now + 200);
  lab.now += 200;
  const terms = signedTerms(lab.run([{ kind: "tick", lateMs: 0 }, ...inputsOf(certificateOf(6))]));
  assert(terms.every((term) => term >= 6), `signed for terms ${terms}`);
  assertEquals(sentOf(lab.elapse(900), "RequestVote"), []);
});

Deno.test("§4.3a once the term is raised nothing is acked in the lower one, nor are its acks published again", () => {
  const lab = new Lab();
  const lower = forge.appendEntries("r1", 1, CHAIN, { proof: forge.electionProof("r1", 1, PEERS) });
  const outcome = lab.receive(lower, ...certificateOf(6));
  const later = lab.elapse(500);
  const responses = [...sentOf(outcome, "AppendEntriesResponse"), ...sentOf(later, "AppendEntriesResponse")];
  assert(responses.length >= 4, "the entries are uncommitted, so it goes on publishing");
  for (const { signed: { message } } of responses) assertEquals([message.term, message.acks], [6, []]);
  const again = lab.receive(forge.appendEntries("r1", 1, [], { prev: forge.endOf(CHAIN), round: 2 }));
  assertEquals(again.verdicts, [{ verdict: "ignore", code: "stale-term" }]);
  assertEquals(lab.state.hard.ack, null);
});

Deno.test("§4.3a a leader whose term is over signs no AppendEntries more", () => {
  const lab = new Lab();
  lab.lead(1);
  assert(sentOf(lab.elapse(300), "AppendEntries").length > 0);
  const outcome = lab.run([requestInput(forge.request(0)), ...inputsOf(certificateOf(6))]);
  assertEquals(sentOf(outcome, "AppendEntries"), []);
  assertEquals(sentOf(lab.elapse(900), "AppendEntries"), []);
});

Deno.test("§4.3a a raised term outlives a restart", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...certificateOf(6));
  lab.restart();
  lab.follow("r1", 1, CHAIN, { round: 2 });
  assert(signedTerms(lab.elapse(500)).every((term) => term >= 6));
  const { currentTerm, vote, ack, noMoreAcks } = lab.state.hard;
  assertEquals([vote, ack, noMoreAcks], [null, null, false]);
  assert(currentTerm >= 6);
});

Deno.test("§4.3 a certificate of a lower term still raises the rank, and still commits", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...certificateOf(6));
  const outcome = lab.receive(...forge.acksOf(PEERS, 1, forge.endOf(CHAIN)));
  const [published] = sentOf(outcome, "AppendEntriesResponse");
  assertEquals(published!.signed.message.prepared, forge.rankOf(1, forge.endOf(CHAIN)));
  assertEquals(Number(published!.signed.message.term), 6);
  lab.receive(...forge.reportsOf(PEERS, 1, forge.endOf(CHAIN)));
  assertEquals([Number(lab.state.commitIndex), termOf(lab)], [3, 6]);
});

/** Returns a replica that follows r1 in term 1 with `CHAIN`, uncertified, and suspects it. */
function uncertified(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.suspect();
  assertEquals(Number(lab.state.prepared.index), 0);
  return lab;
}

/** Returns the term of every response published, each of which must report `CHAIN` as certified in term 1. */
const reportTerms = (outcome: Outcome): number[] =>
  sentOf(outcome, "AppendEntriesResponse").map(({ signed: { message } }) => {
    assertEquals([message.prepared, message.acks], [forge.rankOf(1, forge.endOf(CHAIN)), []]);
    return message.term;
  });

/** Two replicas' reports in term 1, which need a third one of term 1 to commit. */
const twoReports = forge.reportsOf(PEERS.slice(0, 2), 1, forge.endOf(CHAIN));

Deno.test("§4.3b what it finds prepared after its vote or candidacy it reports in the new term, also after a restart", () => {
  const leave: Record<string, (lab: Lab) => void> = {
    vote: (lab) => {
      lab.receive(forge.requestVote("r3", 2, PEERS)); // on genesis, below what the acks will certify
      lab.until(() => lab.state.hard.vote !== null);
    },
    candidacy: (lab) => lab.campaign(2),
  };
  for (const [what, enterTwo] of Object.entries(leave)) {
    const lab = uncertified();
    enterTwo(lab);
    assertEquals([termOf(lab), lab.state.view.leader], [2, null], what);
    assertEquals(new Set(reportTerms(lab.receive(...twoReports))), new Set([2]), what);
    assertEquals(new Set(reportTerms(lab.elapse(300))), new Set([2]), what);
    lab.restart();
    lab.receive(...twoReports);
    assertEquals(new Set(reportTerms(lab.elapse(300))), new Set([2]), what);
    assertEquals(Number(lab.state.commitIndex), 0, what); // its own report of term 1 would commit
  }
});

Deno.test("§4.3b a vote and what certifies a lower term, in one batch: the vote leaves and no report of that term", () => {
  const lab = uncertified();
  lab.receive(forge.requestVote("r3", 2, PEERS)); // in a batch of its own nothing is due yet
  lab.now += 4000;
  const outcome = lab.run([{ kind: "tick", lateMs: 0 }, ...inputsOf(twoReports)]);
  assertEquals(sentOf(outcome, "Vote").map(({ signed }) => signed.message.base), [forge.rankOf(0, forge.GENESIS)]);
  assertEquals(reportTerms(outcome), [2]);
  assertEquals(Number(lab.state.commitIndex), 0);
});

Deno.test("§4.3 it counts at once: a request in the same batch already meets the raised rank", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...certificateOf(2));
  lab.suspect();
  lab.receive(forge.requestVote("r3", 3, PEERS)); // on genesis, waiting for its turn
  lab.now += 4000;
  const acks = forge.acksOf(PEERS, 1, forge.endOf(CHAIN));
  const outcome = lab.run([...inputsOf(acks), { kind: "tick", lateMs: 0 }]);
  assertEquals(sentOf(outcome, "Vote"), []);
  assertEquals(sentOf(outcome, "VoteRefusal").length, 1);
});
