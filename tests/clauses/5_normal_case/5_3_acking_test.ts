/** §5.3: no ack before the base is on the log, and none below it. */
import { assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const OLD = forge.grow(forge.GENESIS, 4, 1);
/** Three entries of term 1, and what the leader of term 2 orders behind them. */
const CHAIN = [...OLD.slice(0, 3), ...forge.grow(forge.headIn(OLD, 3), 1, 2)];
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];
/** The foundation of term 2: entry 3, certified in term 1. */
const BASE = forge.prepareCertificate(1, at(3), PEERS);

const acksIn = (...outcomes: Outcome[]): number[] =>
  outcomes.flatMap((outcome) => sentOf(outcome, "AppendEntriesResponse"))
    .filter(({ signed }) => signed.message.term === 2)
    .flatMap(({ signed }) => signed.message.acks.map(({ index }) => Number(index)));

Deno.test("§5.3a nothing is acked before the log contains base.hash at base.index", () => {
  const lab = new Lab();
  const before = lab.follow("r1", 2, CHAIN.slice(0, 2), { base: BASE });
  assertEquals([lab.state.log.entries.length, lab.state.hard.ack], [2, null]);
  assertEquals(acksIn(before, lab.elapse(300)), []);
  const reached = lab.receive(forge.appendEntries("r1", 2, CHAIN.slice(2), { prev: at(2), round: 2 }));
  assertEquals(acksIn(reached), [3, 4]);
});

Deno.test("§5.3a another entry at base.index is not the base, however long the log", () => {
  const lab = new Lab();
  const [third] = forge.grow(at(2), 1, 1, "fork");
  const fork = [third!, ...forge.grow(forge.endOf([third!]), 3, 2, "fork")];
  const outcome = lab.follow("r1", 2, [...CHAIN.slice(0, 2), ...fork], { base: BASE });
  assertEquals([lab.state.log.entries.length, lab.state.hard.ack], [6, null]);
  assertEquals(acksIn(outcome, lab.elapse(300)), []);
});

Deno.test("§5.3b never acks below the base, though the log contains it", () => {
  const lab = new Lab();
  lab.follow("r1", 1, OLD);
  const below = lab.follow("r1", 2, [], { base: BASE, prev: at(2) });
  assertEquals(lab.state.hard.ack, null);
  const entries = lab.receive(forge.appendEntries("r1", 2, CHAIN.slice(0, 2), { round: 2 }));
  assertEquals(acksIn(below, entries, lab.elapse(300)), []);
  const atBase = lab.receive(forge.appendEntries("r1", 2, [], { prev: at(3), round: 3 }));
  assertEquals(acksIn(atBase), [3]);
});

Deno.test("§5.3b the heads it lists begin at the base, however much was appended at once", () => {
  const lab = new Lab();
  assertEquals(acksIn(lab.follow("r1", 2, CHAIN, { base: BASE })), [3, 4]);
});

Deno.test("§5.3 a base at or below the commit index counts as contained", () => {
  const lab = new Lab();
  lab.follow("r1", 1, OLD);
  lab.receive(...forge.reportsOf(PEERS, 1, forge.endOf(OLD)));
  assertEquals(Number(lab.state.commitIndex), 4);
  const elsewhere = forge.prepareCertificate(1, forge.endOf(forge.grow(forge.GENESIS, 3, 1, "unknown")), PEERS);
  const outcome = lab.follow("r1", 2, forge.grow(forge.endOf(OLD), 1, 2), {
    base: elsewhere,
    prev: forge.endOf(OLD),
  });
  assertEquals(acksIn(outcome), [3, 4, 5]);
});

Deno.test("§5.3 a follower that still lacks the base asks for what it needs", () => {
  const lab = new Lab();
  const outcome = lab.follow("r1", 2, CHAIN.slice(0, 2), { base: BASE });
  const [packet] = sentOf(outcome, "ResendRequest");
  const { match, proofWanted } = packet!.signed.message;
  assertEquals({ match, proofWanted }, { match: at(2), proofWanted: false });
});
