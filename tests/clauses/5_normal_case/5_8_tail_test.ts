/** §5.8, §3.1: what a leader makes of entries behind its base, and what its followers take. */
import { assert, assertEquals } from "@std/assert";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const PEERS = ["r1", "r3", "r4"];
const CHAIN = forge.grow(forge.GENESIS, 5, 1);

Deno.test("§5.8c what lies behind its base a new leader drops, and orders the requests in it anew", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, forge.headIn(CHAIN, 3)));
  lab.lead(5);
  const opened = forge.endOf(lab.state.log.entries);
  lab.receive(...forge.reportsOf(PEERS, 5, opened)); // the pipeline has room from now on
  const entries = () => lab.state.log.entries.map(({ entry }) => entry);
  assertEquals(entries().slice(0, 3), CHAIN.slice(0, 3).map(({ entry }) => entry));
  assert(entries().slice(3).every(({ term }) => term as number === 5), "an entry of an older term behind the base");
  const ordered = entries().slice(3).flatMap(({ requests }) => requests!.map(({ message }) => Number(message.seq)));
  assertEquals(ordered, [4, 5]);
  lab.restart();
  assertEquals(lab.state.log.entries.slice(3).map(({ entry }) => Number(entry.term)), entries().slice(3).map(() => 5));
});

Deno.test("§5.8c what a certificate covers beyond the base it was elected on is kept aside", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, forge.headIn(CHAIN, 2)));
  lab.campaign(5);
  lab.receive(...forge.acksOf(PEERS, 1, forge.headIn(CHAIN, 4)));
  const { base } = lab.state.election.candidacy!;
  lab.receive(...lab.peers.map((id) => ({ kind: "Vote", signed: forge.vote(id, 5, "r2", base) }) as const));
  assertEquals([lab.state.prepared.index, lab.state.log.entries[2]!.entry.term], [4, 5] as never[]);
  assertEquals(lab.state.branch.map(({ hash }) => hash), CHAIN.slice(2, 4).map(({ hash }) => hash));
});

Deno.test("§5.8c requests settled meanwhile are not ordered again", () => {
  const lab = new Lab();
  lab.follow("r1", 1, [...CHAIN, forge.entryAfter(forge.endOf(CHAIN), 1, [forge.request(1, "again")])]);
  lab.receive(...forge.reportsOf(PEERS, 1, forge.endOf(CHAIN)));
  lab.lead(5);
  assertEquals(lab.state.log.entries.slice(5).map(({ entry }) => entry.requests!.length), [0]);
});

const OTHER_TERM = [{ verdict: "reject", code: "entry-of-another-term", culprit: "r1" }];

Deno.test("§3.1c behind its base a leader's entries of another term are not appended, and it is suspected and not accused", () => {
  const lab = new Lab();
  const base = forge.prepareCertificate(1, forge.headIn(CHAIN, 3), PEERS);
  assertEquals(lab.follow("r1", 4, CHAIN.slice(0, 3), { base }).verdicts, [{ verdict: "accept" }]);
  const behind = { prev: forge.headIn(CHAIN, 3), round: 2 };
  assertEquals(lab.receive(forge.appendEntries("r1", 4, CHAIN.slice(3), behind)).verdicts as unknown, OTHER_TERM);
  assertEquals(lab.state.log.entries.length, 3);
  lab.elapse(20);
  assert(lab.state.election.suspectingSince !== null);
  assertEquals(lab.state.evidence, []);
});

Deno.test("§3.1c nor are those confirmed that lie on the log from before", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const base = forge.prepareCertificate(1, forge.headIn(CHAIN, 3), PEERS);
  const outcome = lab.follow("r1", 4, CHAIN, { base });
  assertEquals([outcome.verdicts as unknown, lab.state.hard.ack], [OTHER_TERM, null]);
  assertEquals(sentOf(outcome, "AppendEntriesResponse").flatMap(({ signed }) => signed.message.acks), []);
});
