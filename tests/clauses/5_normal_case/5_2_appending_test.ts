/** §5.2: what a follower appends, and what it never gives up. */
import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 5, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
/** Returns another chain of `term` from `index` on. */
const forkAt = (index: number, count: number, term: number) => forge.grow(at(index - 1), count, term, "fork");
const PEERS = ["r1", "r3", "r4"];
const PROTECTED = [{ verdict: "reject", code: "replaces-protected-entries", culprit: "r1" }];

const hashesOf = (lab: Lab) => lab.state.log.entries.map(({ hash }) => hash);
const CHAIN_HASHES = CHAIN.map(({ hash }) => hash);

Deno.test("§5.2 a follower whose log reaches prevHash at prevIndex appends", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 2));
  const outcome = lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(2), { prev: at(2), round: 2 }));
  assertEquals(outcome.verdicts, [{ verdict: "accept" }]);
  assertEquals(hashesOf(lab), CHAIN_HASHES);
  assertEquals(lab.disk.entries.map(({ hash }) => hash), CHAIN_HASHES);
});

Deno.test("§5.2a an ack covers every entry below it: one acked only through a later head is never replaced", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN); // acks the head at 5
  const fork = forge.appendEntries("r1", 1, forkAt(2, 6, 1), { prev: at(1), round: 2 });
  assertEquals(lab.receive(fork).verdicts, PROTECTED);
  assertEquals(hashesOf(lab), CHAIN_HASHES);
  assertEquals(lab.state.hard.ack, at(5));
});

Deno.test("§5.2a an ack stays where it is when older entries are confirmed again", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(0, 2), { round: 2 }));
  assertEquals(lab.state.hard.ack, at(5));
  assertEquals(hashesOf(lab), CHAIN_HASHES);
});

Deno.test("§5.2b entries are replaced only above the commit index, in any later term", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, at(3)));
  assertEquals(Number(lab.state.commitIndex), 3);
  const atCommit = lab.follow("r1", 2, forkAt(3, 1, 2), { prev: at(2) });
  assertEquals(atCommit.verdicts, PROTECTED);
  assertEquals(hashesOf(lab), CHAIN_HASHES);
  const above = lab.receive(forge.appendEntries("r1", 2, forkAt(4, 1, 2), { prev: at(3), round: 2 }));
  assertEquals(above.verdicts, [{ verdict: "accept" }]);
  assertEquals(hashesOf(lab), [...CHAIN_HASHES.slice(0, 3), forkAt(4, 1, 2)[0]!.hash]);
});

Deno.test("§5.2b entries are replaced only above the ack of this term", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.follow("r1", 2, CHAIN.slice(0, 3), { base: forge.prepareCertificate(1, at(3), PEERS) }); // of the old tail only three are acked anew
  assertEquals(lab.state.hard.ack, at(3));
  const atAck = lab.receive(forge.appendEntries("r1", 2, forkAt(3, 1, 2), { prev: at(2), round: 2 }));
  assertEquals(atAck.verdicts, PROTECTED);
  const above = lab.receive(forge.appendEntries("r1", 2, forkAt(4, 1, 2), { prev: at(3), round: 3 }));
  assertEquals(above.verdicts, [{ verdict: "accept" }]);
  assertEquals(hashesOf(lab), [...CHAIN_HASHES.slice(0, 3), forkAt(4, 1, 2)[0]!.hash]);
});

Deno.test("§5.2b entries are replaced only above the highest prepare certificate of this term", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 2, at(3))); // a certificate of term 2, of which this replica acked nothing
  assertEquals([lab.state.prepared.term, lab.state.hard.ack], [lab.state.hard.currentTerm, null]);
  const atCertificate = lab.follow("r1", 2, forkAt(3, 1, 2), { prev: at(2) });
  assertEquals(atCertificate.verdicts, PROTECTED);
  const above = lab.receive(forge.appendEntries("r1", 2, forkAt(4, 1, 2), { prev: at(3), round: 2 }));
  assertEquals(above.verdicts, [{ verdict: "accept" }]);
});

Deno.test("§5.2 a certificate of an earlier term protects nothing from the leader of a later one", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, at(3)));
  const { verdicts } = lab.follow("r1", 2, forkAt(2, 1, 2), { prev: at(1) });
  assertEquals(verdicts, [{ verdict: "accept" }]);
  assertEquals(lab.state.branch.map(({ hash }) => hash), CHAIN_HASHES.slice(1, 3)); // kept aside (§6.8)
});

Deno.test("§5.2 a leader that asks for more is suspected, and accused when its two headers contradict", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(forge.appendEntries("r1", 1, forkAt(2, 1, 1), { prev: at(1), round: 2 }));
  assertEquals(lab.state.evidence.map(({ kind, culprit }) => ({ kind, culprit: String(culprit) })), [
    { kind: "equivocation", culprit: "r1" },
  ]);
  lab.elapse(10);
  assert(lab.state.election.suspectingSince !== null);
});

Deno.test("§5.2 a leader that asks for more without a contradiction of its own is suspected and not accused", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, at(3)));
  lab.follow("r1", 2, forkAt(3, 1, 2), { prev: at(2) });
  lab.elapse(10);
  assert(lab.state.election.suspectingSince !== null);
  assertEquals(lab.state.evidence, []);
});

function resend({ sent }: Outcome) {
  const [asked] = sent.filter(({ packet }) => packet.kind === "ResendRequest");
  if (asked?.packet.kind !== "ResendRequest") throw new Error("no ResendRequest was sent");
  const { commitIndex, commitHash } = asked.packet.signed.message;
  return { index: commitIndex, hash: commitHash, to: asked.to };
}

Deno.test("§5.2 on a gap or mismatch the follower answers its leader with its commit index and hash", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  lab.receive(...forge.reportsOf(PEERS, 1, at(2)));
  const gap = lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(4), { prev: at(4), round: 2 }));
  assertEquals(gap.verdicts, [{ verdict: "ignore", code: "gap" }]);
  assertEquals(resend(gap), { ...at(2), to: [lab.ids[0]!] });
  const [fork] = forkAt(3, 1, 1);
  const mismatch = lab.receive(forge.appendEntries("r1", 1, [], { prev: forge.endOf([fork!]), round: 3 }));
  assertEquals(mismatch.verdicts, [{ verdict: "ignore", code: "mismatch" }]);
  assertEquals(resend(mismatch), { ...at(2), to: [lab.ids[0]!] });
});

Deno.test("§5.2 the leader resends from there", () => {
  const lab = new Lab();
  lab.lead(1);
  const log = lab.state.log.entries;
  const signed = forge.signAs("r3", {
    kind: "ResendRequest",
    term: lab.state.hard.currentTerm,
    replica: lab.ids[2]!,
    round: lab.state.leadership!.round,
    commitIndex: forge.GENESIS.index,
    commitHash: forge.GENESIS.hash,
    match: forge.GENESIS,
    proofWanted: false,
  });
  const outcome = lab.receive({ kind: "ResendRequest", signed });
  const [packet] = sentOf(outcome, "AppendEntries");
  assertEquals(outcome.sent.map(({ to }) => to), [[lab.ids[2]!]]);
  assertEquals(packet!.signed.message.prevHash, forge.GENESIS.hash);
  assertEquals(packet!.entries, log.map(({ entry }) => entry));
});

Deno.test("§5.2c a certificate of this term whose entries are kept aside does not stop its leader from appending them", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  lab.campaign(5);
  const elected = forkAt(2, 3, 5); // what the other candidate of term 5 leads with
  const certificate = forge.prepareCertificate(5, forge.headIn(elected, 3), PEERS);
  lab.receive(forge.voteRefusal("r3", 5, "r2", certificate));
  const [asked] = sentOf(lab.elapse(10), "FetchEntries");
  lab.receive(forge.fetchEntriesResponse("r3", asked!.signed.message, [CHAIN[0]!, ...elected.slice(0, 2)]));
  assertEquals([lab.state.prepared, lab.state.branch.length], [certificate, 2]);
  const { verdicts } = lab.follow("r1", 5, elected, { prev: at(1) });
  assertEquals(verdicts, [{ verdict: "accept" }]);
  assertEquals(lab.state.hard.ack, forge.endOf(elected));
});
