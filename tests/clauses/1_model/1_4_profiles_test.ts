/** §1.4: the core in the `crash` profile: plain Raft's rules in the same code. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Certificate, PrepareCertificate } from "../../../protocol/certificate.ts";
import { isCertificate } from "../../../protocol/certify.ts";
import type { Head } from "../../../protocol/entry.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import * as forge from "../support/forge.ts";
import { Lab, requestInput, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 5, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const CRASH = { profile: "crash" } as const;

/** The certificate that an ack of `head` in `termNumber` makes. */
const acked = (termNumber: number, head: Head): PrepareCertificate => ({
  kind: "prepare",
  ...forge.rankOf(termNumber, head),
  responses: [],
});

const crashLab = (constants = {}): Lab => new Lab({ replicas: 3, constants: { ...CRASH, ...constants } });

/** Returns r2 of three, in term 1 of r1, which has shown it the first entries. */
function follower(entries = 5): Lab {
  const lab = crashLab();
  lab.follow("r1", 1, CHAIN.slice(0, entries));
  return lab;
}

const report = (replica: string, termNumber: number, preparedTerm: number, head: Head) =>
  forge.response(replica, termNumber, { acks: [head], prepared: forge.rankOf(preparedTerm, head) });

Deno.test("§1.4 a quorum is a majority, one replica's word is enough, and two quorums share a replica", () => {
  const table = [1, 2, 3, 4, 5, 7].map((n) => quorumOf(n, "crash"));
  assertEquals(table.map(({ f, weak, quorum }) => [f, weak, quorum]), [
    ...[[0, 1, 1], [0, 1, 2], [0, 1, 2], [0, 1, 3], [0, 1, 3], [0, 1, 4]],
  ]);
  for (let n = 1; n <= 32; n++) assert(2 * quorumOf(n, "crash").quorum > n);
});

Deno.test("§1.4a an ack is durable as its own certificate, in the transaction of its entries, and reported in the same response", () => {
  const lab = crashLab();
  const outcome = lab.follow("r1", 1, CHAIN);
  const [response, ...more] = sentOf(outcome, "AppendEntriesResponse");
  assertEquals(more, []);
  assertEquals(response!.signed.message.acks, [at(5)]);
  assertEquals(response!.signed.message.prepared, forge.rankOf(1, at(5)));
  const { trace } = outcome;
  const durable = trace.slice(0, trace.indexOf("sign AppendEntriesResponse"));
  for (const op of ["append", "hard-state", "prepared"]) assert(durable.includes(`durable ${op}`), `${op}: ${trace}`);
  assertEquals(lab.disk.recovered().prepared, acked(1, at(5)));
});

Deno.test("§1.4a one more ack of its term commits at n = 3, and a certificate with messages in it is none", () => {
  const lab = follower();
  lab.receive(report("r3", 1, 1, at(4)));
  assertEquals([lab.state.commitIndex, lab.state.commitCertificate?.responses.length], [4, 2] as never[]);
  assert(isCertificate(lab.state, sha256Hex, acked(1, at(2))));
  assert(!isCertificate(lab.state, sha256Hex, forge.prepareCertificate(1, at(2), ["r1", "r3"])));
});

Deno.test("§1.4a a byzantine replica believes no such certificate, and certifies nothing by its own ack", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  assertEquals(lab.state.prepared.index, at(0).index);
  assert(!isCertificate(lab.state, sha256Hex, acked(1, at(2))));
});

Deno.test("§1.4b acks of an older term commit nothing in a newer one, neither counted nor shown", () => {
  const lab = follower();
  lab.receive(report("r1", 2, 1, at(5)), report("r3", 2, 1, at(5)));
  assertEquals(lab.state.commitIndex, at(0).index);
  const shown = forge.commitCertificate(2, at(5), ["r1", "r3"]);
  const older = shown.responses.map(({ message }) => report(message.replica, 2, 1, at(5)).signed);
  assert(isCertificate(lab.state, sha256Hex, shown));
  assert(!isCertificate(lab.state, sha256Hex, { ...shown, responses: older }));
});

Deno.test("§1.4b what a new leader finds is committed once it was acked anew in its term", () => {
  const lab = follower();
  const base = acked(1, at(5));
  const opened = forge.grow(at(5), 1, 2);
  lab.follow("r3", 2, opened, { base, prev: at(5) });
  assertEquals([lab.state.commitIndex, lab.state.prepared.term], [0, 2] as never[]);
  lab.receive(report("r3", 2, 2, at(5)));
  assertEquals(lab.state.commitIndex, at(5).index);
});

/** Returns the votes and refusals of `lab` on a candidacy of r3 on this base, in a term in which the first turn is r3's. */
function answers(lab: Lab, termNumber: number, base: Certificate): { votes: number; refusals: Certificate[] } {
  lab.suspect();
  lab.receive(forge.requestVote("r3", termNumber, ["r1", "r3"], base));
  const outcome = lab.elapse(1500);
  return {
    votes: sentOf(outcome, "Vote").filter(({ signed }) => signed.message.candidate === "r3").length,
    refusals: sentOf(outcome, "VoteRefusal").map(({ certificate }) => certificate),
  };
}

Deno.test("§1.4c a voter refuses whoever acked less than it did in its last term, though nobody knows of its ack", () => {
  const { votes, refusals } = answers(follower(), 2, acked(1, at(4)));
  assertEquals([votes, refusals[0]], [0, acked(1, at(5))]);
  assertEquals(answers(follower(), 2, acked(1, at(5))), { votes: 1, refusals: [] });
});

Deno.test("§1.4c a longer log of an older term loses against a shorter one of a newer", () => {
  const lab = crashLab();
  const short = forge.grow(forge.GENESIS, 1, 2, "short");
  lab.follow("r1", 2, short);
  assertEquals(answers(lab, 5, acked(1, at(5))).votes, 0);
  assertEquals(answers(follower(), 5, acked(2, forge.endOf(short))).votes, 1);
});

Deno.test("§1.4c the rank outlives a restart", () => {
  const lab = follower();
  lab.restart();
  const { votes, refusals } = answers(lab, 2, acked(1, at(4)));
  assertEquals([votes, refusals[0]], [0, acked(1, at(5))]);
});

Deno.test("§1.4g two votes of a replica in one term accuse nobody, and neither do two headers", () => {
  for (const [constants, pieces] of [[CRASH, 0], [{}, 1]] as const) {
    const lab = new Lab({ constants });
    const [first, second] = ["r3", "r4"].map((candidate) => forge.vote("r1", 1, candidate, forge.rankOf(0, at(0))));
    const outcome = lab.receive({ kind: "Vote", signed: first! }, { kind: "Vote", signed: second! });
    assertEquals([lab.state.evidence.length, sentOf(outcome, "Evidence").length], [pieces, pieces]);
  }
  const lab = follower();
  lab.receive(forge.appendEntries("r1", 1, forge.grow(forge.GENESIS, 5, 1, "fork"), { round: 2 }));
  assertEquals(lab.state.evidence, []);
});

/** Has `lab` commit and apply a request; returns how many answers it gave. */
function answered(lab: Lab, lead: boolean, intervention = false): number {
  const asked = forge.request(1);
  const entry = forge.entryAfter(forge.GENESIS, 1, [asked]);
  if (lead) {
    lab.lead(1);
    lab.run([requestInput(asked)]);
  } else {
    if (intervention) lab.run([requestInput(asked, true)]);
    lab.follow("r1", 1, [entry]);
  }
  const { entries } = lab.state.log;
  lab.receive(report("r3", 1, 1, { index: entries.at(-1)!.entry.index, hash: entries.at(-1)!.hash }));
  lab.elapse(500);
  const { index } = entries.at(-1)!.entry;
  if (lead) lab.receive(report("r3", 1, 1, { index, hash: entries.at(-1)!.hash }));
  lab.elapse(500);
  return lab.replies.flatMap((reply) => reply.answers).length;
}

Deno.test("§1.4h the leader answers, and a follower only where the client has turned to it, or there are fast reads", () => {
  assertEquals(answered(crashLab(), true), 1);
  assertEquals(answered(crashLab(), false), 0);
  assertEquals(answered(crashLab(), false, true), 1);
  assertEquals(answered(crashLab({ fastReads: true }), false), 1);
});
