import { assert, assertEquals } from "@std/assert";
import type { Certificate } from "../../../protocol/certificate.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { certified } from "../../../protocol/rank.ts";
import { ElectionLab } from "../support/election_lab.ts";
import {
  acksOf,
  commitCertificate,
  endOf,
  GENESIS,
  GENESIS_CERTIFICATE,
  grow,
  prepareCertificate,
  rankOf,
  requestVote,
} from "../support/forge.ts";

const ALL = ["r2", "r3", "r4"];
const CHAIN = grow(GENESIS, 2, 1);
const [ONE, TWO] = [endOf(CHAIN.slice(0, 1)), endOf(CHAIN)];

/** Returns r1 in term 1 of r2, with entries 1 and 2 on its log, holding the certificate of entry 1, suspecting. */
function suspecting(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, CHAIN);
  lab.prepare(ONE);
  lab.suspect();
  lab.take("Vote");
  return lab;
}

/** Returns the votes sent since the last call, once `packet` has been repeated for longer than any turn takes. */
function votesFor(lab: ElectionLab, packet: PacketOf<"RequestVote">) {
  lab.feed(packet);
  lab.elapse(2000);
  return lab.take("Vote");
}

const on = (termNumber: number, certificate: Certificate = prepareCertificate(1, ONE, ALL)): PacketOf<"RequestVote"> =>
  requestVote("r3", termNumber, ALL, certificate);

Deno.test("§6.5 a suspecting voter grants a certified candidate of no lower rank, and its vote names term, candidate and base", () => {
  for (const certificate of [prepareCertificate(1, ONE, ALL), commitCertificate(1, ONE, ALL, CHAIN.slice(1))]) {
    const [sent, ...more] = votesFor(suspecting(), on(2, certificate));
    assertEquals(more, []);
    const { term, candidate, voter, granted, base } = sent!.packet.signed.message;
    assertEquals([sent!.to, term, candidate, voter, granted], [["r3"], 2, "r3", "r1", true]);
    assertEquals(base, rankOf(1, ONE));
  }
});

Deno.test("§6.5 a candidate of higher rank is granted, by index or by term, also when the voter lacks its entries", () => {
  const elsewhere = grow(GENESIS, 1, 2, "elsewhere");
  assertEquals(votesFor(suspecting(), on(2, prepareCertificate(1, TWO, ALL))).length, 1);
  assertEquals(votesFor(suspecting(), on(6, prepareCertificate(2, endOf(elsewhere), ALL))).length, 1);
});

Deno.test("§6.5 term, candidate and base are durable before the vote is signed", () => {
  const lab = suspecting();
  lab.feed(on(2));
  const { trace } = lab.elapse(2000);
  assert(trace.indexOf("durable hard-state") >= 0);
  assert(trace.indexOf("durable hard-state") < trace.indexOf("sign Vote"));
  const { currentTerm, vote } = lab.disk.recovered().hardState;
  assertEquals([currentTerm, vote?.candidate, vote?.base], [2, "r3", rankOf(1, ONE)]);
});

Deno.test("§6.5 nobody is granted a lower or current term, nor the current one while its leader is known", () => {
  const lab = suspecting();
  assertEquals(lab.feed(requestVote("r3", 1, ALL)), "term-has-leader");
  lab.follow("r4", 2);
  assertEquals(lab.feed(requestVote("r3", 1, ALL)), "stale-term");
});

Deno.test("§6.5 the current term is open as long as no leader and no vote is known in it", () => {
  const lab = new ElectionLab();
  lab.feed(...acksOf(ALL, 1, ONE)); // a certificate raises the term, then with no leader known (§4.3)
  assertEquals([lab.state.hard.currentTerm, lab.state.hard.vote], [1, null]);
  lab.suspect();
  lab.take("Vote");
  assertEquals(votesFor(lab, requestVote("r3", 1, ALL)).length, 1);
});

Deno.test("§6.5a no grant without a valid PreVote certificate and a valid base certificate below the term", () => {
  const base = prepareCertificate(1, ONE, ALL);
  const cases: Record<string, [PacketOf<"RequestVote">, string]> = {
    "too few PreVotes": [requestVote("r3", 2, ["r2", "r3"], base), "no-pre-vote-certificate"],
    "a certificate of too few": [on(2, prepareCertificate(1, ONE, ["r2", "r3"])), "base-without-certificate"],
    "one replica's three acks": [on(2, prepareCertificate(1, ONE, ["r2", "r2", "r2"])), "base-without-certificate"],
    "a base above its certificate": [
      { ...on(2, prepareCertificate(1, TWO, ALL)), certificate: base },
      "base-without-certificate",
    ],
    "a lied-about log": [
      { ...on(2), certificate: { ...base, ...rankOf(1, TWO) }, signed: on(2, prepareCertificate(1, TWO, ALL)).signed },
      "base-without-certificate",
    ],
    "acks of another term": [
      on(3, { ...base, ...rankOf(2, ONE) }),
      "base-without-certificate",
    ],
    "a base of the term itself": [on(2, prepareCertificate(2, ONE, ALL)), "base-term-not-below-term"],
    "a base of a later term": [on(2, prepareCertificate(3, ONE, ALL)), "base-term-not-below-term"],
  };
  for (const [what, [packet, code]] of Object.entries(cases)) {
    const lab = suspecting();
    assertEquals(lab.feed(packet), code, what);
    assertEquals(votesFor(lab, packet), [], what);
  }
});

Deno.test("§6.5 an outsider, and a request that is not its candidate's own, count for nothing", () => {
  const lab = suspecting();
  assertEquals(lab.feed(requestVote("r9", 2, ALL)), "not-in-roster");
  const forged = { ...on(2), signed: { ...on(2).signed, signature: requestVote("r4", 2, ALL).signed.signature } };
  assertEquals(lab.feed(forged), "bad-signature");
});

Deno.test("§6.5c no second vote in a term: not for another candidate, not for another base", () => {
  const lab = suspecting();
  assertEquals(votesFor(lab, on(2)).length, 1);
  assertEquals(lab.feed(requestVote("r4", 2, ALL, prepareCertificate(1, ONE, ALL))), "already-voted");
  assertEquals(lab.feed(on(2, prepareCertificate(1, TWO, ALL))), "already-voted");
  lab.elapse(10_000); // suspecting again meanwhile
  assertEquals(lab.take("Vote"), []);
  assertEquals(lab.state.hard.vote?.candidate, "r3");
});

Deno.test("§6.5c no second vote in a term when both candidates asked before the first was answered", () => {
  const lab = suspecting();
  lab.feed(on(2), requestVote("r4", 2, ALL, prepareCertificate(1, ONE, ALL)));
  lab.elapse(20_000);
  const votes = lab.take("Vote");
  assertEquals(new Set(votes.map(({ packet }) => packet.signed.message.candidate)).size, 1);
});

Deno.test("§6.5c no second vote in a term after a restart, nor a vote for another while it is candidate itself", () => {
  const lab = suspecting();
  votesFor(lab, on(2));
  lab.restart();
  lab.suspect();
  assertEquals(votesFor(lab, requestVote("r4", 2, ALL, prepareCertificate(1, ONE, ALL))), []);
  const candidate = new ElectionLab();
  candidate.campaign(1);
  candidate.take("Vote");
  assertEquals(votesFor(candidate, requestVote("r3", 1, ALL)), []);
});

Deno.test("§6.5d asked again it re-sends those very bytes, though its rank has risen, and after a restart", () => {
  const lab = suspecting();
  const [first] = votesFor(lab, on(2));
  lab.feed(...acksOf(ALL, 1, TWO));
  assertEquals(certified(lab.state.prepared), rankOf(1, TWO));
  lab.feed(on(2));
  const [second] = lab.take("Vote");
  lab.restart();
  lab.feed(on(2));
  const [third] = lab.take("Vote");
  for (const again of [second, third]) {
    assertEquals(again!.packet.signed.body, first!.packet.signed.body);
    assertEquals(again!.packet.signed.signature, first!.packet.signed.signature);
  }
});

Deno.test("§6.5b a voter of higher rank refuses, in a message that is no vote, and shows its certificate", () => {
  for (const certificate of [GENESIS_CERTIFICATE, prepareCertificate(1, ONE, ALL)]) {
    const lab = suspecting();
    lab.prepare(TWO);
    lab.feed(on(2, certificate));
    lab.elapse(10); // it is r3's turn in term 2
    const refusals = lab.take("VoteRefusal");
    assertEquals(refusals.map(({ packet }) => certified(packet.certificate)), [rankOf(1, TWO)]);
    assert(!("granted" in refusals[0]!.packet.signed.message));
    assertEquals(lab.state.hard.currentTerm, 1); // nothing durable changed
  }
});
