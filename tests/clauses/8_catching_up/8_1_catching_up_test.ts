/** §8.1: catching up from any peer, under a certificate. */
import { assert, assertEquals } from "@std/assert";
import type { CommitCertificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 6, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];
/** The chain this replica was shown instead, from entry 2 on. */
const FORK = [...CHAIN.slice(0, 1), ...forge.grow(at(1), 4, 1, "fork")];

const hashesOf = (chain: readonly ChainedEntry[]) => chain.map(({ hash }) => hash);
const logOf = (lab: Lab) => hashesOf(lab.state.log.entries);

/** Has two replicas show that they committed `head`; returns what this one then asks for, and of whom. */
function ask(lab: Lab, head: Head) {
  lab.receive(...["r3", "r4"].map((id) => forge.response(id, 1, { commit: head })));
  const { sent } = lab.until((last) => sentOf(last, "FetchEntries").length > 0, 1000);
  return question({ sent });
}

function question({ sent }: Pick<Outcome, "sent">) {
  const [asked] = sent.filter(({ packet }) => packet.kind === "FetchEntries");
  if (asked?.packet.kind !== "FetchEntries") throw new Error("no FetchEntries was sent");
  return { source: String(asked.to[0]), to: asked.to, ...asked.packet.signed.message };
}

/** Catches up to `certificate`, answered with the entries of `chain`. */
function catchUp(lab: Lab, certificate: CommitCertificate, chain = CHAIN): Outcome {
  const asked = ask(lab, certificate);
  const entries = chain.slice(asked.from - 1, certificate.index);
  return lab.receive(forge.fetchEntriesResponse(asked.source, asked, entries, certificate));
}

Deno.test("§8.1a f + 1 responses with a higher commit index set off a catch-up, f do not", () => {
  const lab = new Lab();
  lab.receive(forge.response("r3", 1, { commit: at(3) }));
  assertEquals(sentOf(lab.elapse(900), "FetchEntries"), []);
  lab.receive(forge.response("r4", 1, { commit: at(4) }));
  const asked = question(lab.until((last) => sentOf(last, "FetchEntries").length > 0, 1000));
  assertEquals(Number(asked.from), 1);
  assert(["r3", "r4"].includes(asked.source) && asked.to.length === 1);
});

Deno.test("§8.1 entries fetched under a commit certificate are appended and committed, and durable", () => {
  const lab = new Lab();
  const certificate = forge.commitCertificate(1, at(4), PEERS, CHAIN.slice(4));
  assertEquals(catchUp(lab, certificate).verdicts, [{ verdict: "accept" }]);
  assertEquals([logOf(lab), Number(lab.state.commitIndex)], [hashesOf(CHAIN.slice(0, 4)), 4]);
  lab.restart();
  assertEquals([logOf(lab), lab.state.commitCertificate], [hashesOf(CHAIN.slice(0, 4)), certificate]);
});

Deno.test("§8.1c it asks on, page by page, until it reaches the certified point, and believes nothing before", () => {
  const lab = new Lab();
  const page = LIMITS.maxAppendEntries;
  const chain = forge.grow(forge.GENESIS, page + 6, 1);
  const end = forge.endOf(chain);
  const certificate = forge.commitCertificate(1, end, PEERS);
  const first = ask(lab, end);
  const one = lab.receive(forge.fetchEntriesResponse(first.source, first, chain.slice(0, page), certificate));
  assertEquals([logOf(lab), one.persisted], [[], []]);
  const second = question(one);
  assertEquals([Number(second.from), second.source, second.head], [page + 1, first.source, end]);
  lab.receive(forge.fetchEntriesResponse(second.source, second, chain.slice(page)));
  assertEquals([logOf(lab), Number(lab.state.commitIndex)], [hashesOf(chain), page + 6]);
});

Deno.test("§8.1d a source that drips entries is left for another at once", () => {
  const lab = new Lab();
  const certificate = forge.commitCertificate(1, at(5), PEERS);
  const asked = ask(lab, at(5));
  const { verdicts } = lab.receive(forge.fetchEntriesResponse(asked.source, asked, CHAIN.slice(0, 1), certificate));
  assertEquals(verdicts, [{ verdict: "reject", code: "short-answer", culprit: asked.to[0] as never }]);
});

Deno.test("§8.1d a source that is silent is asked once more, then another one", () => {
  const lab = new Lab();
  const first = ask(lab, at(5));
  const asked = lab.elapse(4000).sent.flatMap(({ to, packet }) =>
    packet.kind === "FetchEntries" ? [String(to[0])] : []
  );
  assertEquals(asked[0], first.source);
  assert(asked[1] !== first.source, `asked ${asked.join(" ")} after ${first.source}`);
});

Deno.test("§8.1 §6.11 what an answer may take doubles with every catch-up that fails, up to the cap", () => {
  const lab = new Lab();
  ask(lab, at(5));
  const asked: number[] = [lab.now];
  for (const end = lab.now + 60_000; lab.now < end;) {
    if (sentOf(lab.elapse(10), "FetchEntries").length > 0) asked.push(lab.now);
  }
  // Each catch-up asks its source twice before it gives up.
  const waits = asked.flatMap((time, i) => i % 2 === 1 ? [time - asked[i - 1]!] : []);
  const wanted = [1000, 2000, 4000, 8000];
  assert(waits.length >= wanted.length, `${waits.length} catch-ups in a minute`);
  for (const [i, ms] of wanted.entries()) assert(Math.abs(waits[i]! - ms) <= 20, `waited ${waits.join(" ")}`);
});

Deno.test("§8.1d a source that served is not the first to be asked the next time", () => {
  const lab = new Lab();
  const certificate = (index: number) => forge.commitCertificate(1, at(index), PEERS);
  const first = ask(lab, at(3));
  lab.receive(forge.fetchEntriesResponse(first.source, first, CHAIN.slice(0, 3), certificate(3)));
  assert(ask(lab, at(6)).source !== first.source);
});

Deno.test("§8.1c §8.1d the source need not be trusted: what no certificate covers is refused, and another source asked", () => {
  const good = forge.commitCertificate(1, at(5), PEERS);
  const answers: [string, readonly ChainedEntry[], CommitCertificate | null][] = [
    ["chain-misses-certificate", FORK, good],
    ["no-certificate", CHAIN, null],
    ["bad-certificate", CHAIN, forge.commitCertificate(1, at(5), ["r1", "r3"])],
    ["bad-entries", CHAIN.slice(1), good],
    ["short-answer", [], good],
  ];
  for (const [code, chain, certificate] of answers) {
    const lab = new Lab();
    const asked = ask(lab, at(5));
    const { verdicts } = lab.receive(forge.fetchEntriesResponse(asked.source, asked, chain, certificate));
    assertEquals(verdicts, [{ verdict: "reject", code, culprit: asked.to[0] as never }]);
    assertEquals([logOf(lab), Number(lab.state.commitIndex)], [[], 0]);
    const next = question(lab.until((last) => sentOf(last, "FetchEntries").length > 0, 1000));
    assert(next.source !== asked.source, `${code}: asked ${next.source} again`);
  }
});

Deno.test("§8.1 an answer nobody asked for, or to an earlier question, is ignored", () => {
  const lab = new Lab();
  const certificate = forge.commitCertificate(1, at(5), PEERS);
  const unasked = forge.fetchEntriesResponse("r3", { nonce: 1, from: at(1).index }, CHAIN, certificate);
  assertEquals(lab.receive(unasked).verdicts, [{ verdict: "ignore", code: "not-asked-for" }]);
  const asked = ask(lab, at(5));
  for (const [who, nonce] of [["r1", asked.nonce], [asked.source, asked.nonce + 1]] as const) {
    const stray = forge.fetchEntriesResponse(who, { nonce, from: asked.from }, CHAIN, certificate);
    assertEquals(lab.receive(stray).verdicts, [{ verdict: "ignore", code: "not-asked-for" }]);
  }
  assertEquals(logOf(lab), []);
});

Deno.test("§8.1f committed entries replace whatever conflicts with them, not acked", () => {
  const lab = new Lab();
  lab.follow("r1", 1, FORK);
  lab.follow("r1", 2, []); // in term 2 none of them is acked
  assertEquals(lab.state.hard.ack, at(0));
  catchUp(lab, forge.commitCertificate(1, at(3), PEERS));
  assertEquals([logOf(lab), Number(lab.state.commitIndex)], [hashesOf(CHAIN.slice(0, 3)), 3]);
  assertEquals(lab.state.hard.noMoreAcks, false);
});

Deno.test("§8.1f committed entries replace whatever conflicts with them, acked", () => {
  const lab = new Lab();
  lab.follow("r1", 1, FORK);
  assertEquals(lab.state.hard.ack, forge.endOf(FORK));
  catchUp(lab, forge.commitCertificate(1, at(3), PEERS));
  assertEquals([logOf(lab), Number(lab.state.commitIndex)], [hashesOf(CHAIN.slice(0, 3)), 3]);
});

/** Returns a replica whose ack of `FORK` in term 1 was replaced by committed entries of `CHAIN` through catch-up. */
function replaced(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, FORK);
  catchUp(lab, forge.commitCertificate(1, at(3), PEERS));
  return lab;
}

/** Returns the acks in everything published while the leader continues along `CHAIN` for half a second. */
function acksWhileLed(lab: Lab): number[] {
  const outcomes = [
    lab.follow("r1", 1, CHAIN.slice(3, 5), { prev: at(3), round: 8 }),
    lab.elapse(250),
    lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(5), { prev: at(5), round: 9 })),
    lab.elapse(250),
  ];
  assertEquals(logOf(lab), hashesOf(CHAIN)); // it appends all the same
  const published = outcomes.flatMap((outcome) => sentOf(outcome, "AppendEntriesResponse"));
  assert(published.length > 0);
  return published.flatMap(({ signed }) => signed.message.acks.map(({ index }) => Number(index)));
}

Deno.test("§8.1g §8.1h a replica whose own ack is not on the resulting chain signs no further ack in that term", () => {
  const lab = replaced();
  assertEquals(lab.state.hard.noMoreAcks, true);
  assertEquals(acksWhileLed(lab), []);
});

Deno.test("§8.1g nor after a restart: the flag is durable", () => {
  const lab = replaced();
  lab.restart();
  assertEquals([lab.state.hard.noMoreAcks, lab.disk.recovered().hardState.noMoreAcks], [true, true]);
  assertEquals(acksWhileLed(lab), []);
});

Deno.test("§8.1g an ack above the certified point, on entries that catch-up removed, is not on the chain either", () => {
  const lab = new Lab();
  lab.follow("r1", 1, FORK); // acked at 5
  catchUp(lab, forge.commitCertificate(1, at(2), PEERS));
  assertEquals([lab.state.log.entries.length, lab.state.hard.noMoreAcks], [2, true]);
});

Deno.test("§8.1 an ack that lies on the resulting chain stays good", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 2));
  catchUp(lab, forge.commitCertificate(1, at(3), PEERS));
  assertEquals(lab.state.hard.noMoreAcks, false);
  assertEquals(acksWhileLed(lab).at(-1), 6);
});

Deno.test("§8.1 in the next term it acks again", () => {
  const lab = replaced();
  lab.follow("r3", 2, CHAIN.slice(3), { prev: at(3), base: forge.prepareCertificate(1, at(6), PEERS) });
  assertEquals([lab.state.hard.noMoreAcks, lab.state.hard.ack], [false, at(6)]);
});

Deno.test("§8.1h it may still report what is prepared, and so help to commit", () => {
  const lab = replaced();
  lab.follow("r1", 1, CHAIN.slice(3), { prev: at(3), round: 8 });
  const outcome = lab.receive(...forge.acksOf(PEERS, 1, at(6)));
  const [response] = sentOf(outcome, "AppendEntriesResponse");
  assertEquals(response!.signed.message.prepared, forge.rankOf(1, at(6)));
});

Deno.test("§8.1i accepting a certificate of a higher term raises currentTerm, then with no leader known", () => {
  const lab = new Lab();
  lab.follow("r1", 1, FORK);
  catchUp(lab, forge.commitCertificate(4, at(3), PEERS));
  assertEquals([Number(lab.state.hard.currentTerm), lab.state.view.leader, lab.state.hard.ack], [4, null, null]);
  assertEquals([logOf(lab), lab.state.hard.noMoreAcks], [hashesOf(CHAIN.slice(0, 3)), false]);
});

/** Returns a candidate of term 3 whose log moved to `FORK` in term 1. */
function candidate(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, FORK);
  lab.suspect();
  lab.campaign(3);
  return lab;
}

Deno.test("§8.1 a refusal sets off a catch-up too; what it certifies is kept aside, and the log stays", () => {
  const lab = candidate();
  const certificate = forge.prepareCertificate(2, at(4), PEERS);
  lab.receive(forge.voteRefusal("r3", 3, "r2", certificate));
  const asked = question(lab.elapse(10));
  assertEquals([asked.source, asked.head], ["r3", at(4)]);
  lab.receive(forge.fetchEntriesResponse("r3", asked, CHAIN.slice(0, 4)));
  assertEquals([lab.state.prepared, lab.state.branch.map(({ hash }) => hash)], [
    certificate,
    hashesOf(CHAIN.slice(1, 4)),
  ]);
  assertEquals([logOf(lab), Number(lab.state.hard.currentTerm)], [hashesOf(FORK), 3]);
  lab.restart();
  assertEquals(lab.state.prepared, certificate);
});

Deno.test("§6.5g a refusal tells only the candidate it names something, and only in its term", () => {
  const certificate = forge.prepareCertificate(2, at(4), PEERS);
  const follower = new Lab();
  follower.follow("r1", 1, FORK);
  for (const [lab, term, named] of [[follower, 3, "r2"], [candidate(), 3, "r4"], [candidate(), 2, "r2"]] as const) {
    const { verdicts } = lab.receive(forge.voteRefusal("r3", term, named, certificate));
    assertEquals(verdicts.map(({ verdict }) => verdict), verdicts.length > 0 ? ["ignore"] : []);
    assertEquals(lab.state.catchUp.wanted, null);
  }
});

Deno.test("§6.8b entries kept aside that the log grows over are kept aside no more, and a candidacy starts behind what is committed", () => {
  const lab = candidate();
  const certificate = forge.prepareCertificate(2, at(5), PEERS);
  lab.receive(forge.voteRefusal("r3", 3, "r2", certificate));
  const asked = question(lab.elapse(10));
  lab.receive(forge.fetchEntriesResponse("r3", asked, CHAIN.slice(0, 5)));
  catchUp(lab, forge.commitCertificate(1, at(3), PEERS));
  assertEquals([logOf(lab), Number(lab.state.commitIndex)], [hashesOf(CHAIN.slice(0, 3)), 3]);
  assertEquals(lab.state.branch.map(({ entry }) => Number(entry.index)), [4, 5]);
  lab.restart();
  assertEquals(lab.state.branch.map(({ entry }) => Number(entry.index)), [4, 5]);
  lab.suspect();
  lab.campaign(4);
  assertEquals([lab.state.view.role, logOf(lab)], ["candidate", hashesOf(CHAIN.slice(0, 5))]);
});
