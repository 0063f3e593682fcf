/** §13.3 A stop-sign on a log, until it is committed. */
import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import * as forge from "../support/forge.ts";
import { type Lab, requestInput, sentOf } from "../support/lab.ts";
import { changeTo, PEERS, SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 3, 1);
const STOPPED = [...CHAIN, stopAfter(forge.endOf(CHAIN), 1)];
const STOP: Head = forge.endOf(STOPPED);

const lastOf = ({ state: { log } }: Lab) => Number(log.entries.at(-1)?.entry.index ?? 0);

Deno.test("§13.3a a leader proposes nothing behind a stop-sign, whatever waits", () => {
  const lab = stopLab();
  lab.lead(1);
  lab.run([requestInput(changeTo(SECOND))]);
  assertEquals(lastOf(lab), 2);
  lab.run([requestInput(forge.request(2, "late"))]);
  lab.elapse(300);
  assertEquals(lastOf(lab), 2);
  assertEquals(lab.state.requests.pool.size, 1);
});

Deno.test("§13.3b a follower appends and acks nothing behind one and suspects the leader that shows it", () => {
  const more = [...STOPPED, ...forge.grow(STOP, 1, 1)];
  const lab = stopLab();
  lab.follow("r1", 1, more);
  assertEquals([lastOf(lab), lab.state.hard.ack, lab.state.election.leaderFault?.code], [
    0,
    null,
    "behind-a-stop-sign",
  ]);
  const later = stopLab();
  later.follow("r1", 1, STOPPED);
  later.receive(forge.appendEntries("r1", 1, more.slice(4), { prev: STOP, round: 2 }));
  assertEquals([lastOf(later), later.state.hard.ack?.index as unknown, later.state.election.leaderFault?.code], [
    ...[4, STOP.index, "behind-a-stop-sign"],
  ]);
  assert(later.until(() => later.state.election.suspectingSince !== null, 50));
});

Deno.test("§13.3b another chain is a mismatch like any, and its leader asked to resend", () => {
  const lab = stopLab();
  lab.follow("r1", 1, STOPPED);
  const other = forge.grow(CHAIN[1] ? forge.headIn(CHAIN, 2) : forge.GENESIS, 4, 2, "other");
  const beyond = forge.appendEntries("r3", 2, other.slice(3), {
    ...{ prev: forge.headIn(other, 5), round: 1, proof: forge.electionProof("r3", 2, PEERS) },
  });
  const outcome = lab.receive(beyond);
  assertEquals(sentOf(outcome, "ResendRequest").length, 1);
  assertEquals(lab.state.election.leaderFault, null);
});

Deno.test("§13.3c who is elected on one opens its term with a header at once, and no no-op", () => {
  const lab = stopLab();
  lab.follow("r1", 1, STOPPED);
  lab.receive(...forge.acksOf(["r1", "r3"], 1, STOP));
  assertEquals(lab.state.prepared.index, STOP.index);
  const outcome = lab.lead(2);
  const headers = sentOf(outcome, "AppendEntries").map(({ signed }) => signed.message);
  assertEquals(headers.map(({ term, prevIndex, entryHashes }) => [Number(term), prevIndex, entryHashes]), [
    [2, STOP.index, []],
  ]);
  lab.receive(...forge.acksOf(["r1", "r3"], 2, STOP));
  lab.receive(...forge.reportsOf(["r1", "r3"], 2, STOP));
  assertEquals([lab.state.commitIndex, lastOf(lab)], [STOP.index, 4]);
});

Deno.test("§13.3d until it is committed another may replace it, and its request is ordered again", () => {
  const follower = stopLab();
  follower.follow("r1", 1, STOPPED);
  const other = forge.grow(forge.GENESIS, 4, 2, "other");
  follower.follow("r3", 2, other);
  assertEquals(follower.state.log.entries.map(({ hash }) => hash), other.map(({ hash }) => hash));
  const leader = stopLab();
  leader.follow("r1", 1, STOPPED);
  leader.lead(2); // on genesis: nobody is known to hold any of it
  leader.elapse(50);
  const requests = leader.state.log.entries.map(({ entry }) => entry.requests!.length);
  assertEquals(requests, [0, 3, 1], "a no-op, what stood before it, and the change alone");
  assertEquals(leader.state.ended, null);
});

Deno.test("§13.3e once one is committed patience and pace run no more; before it they do", () => {
  const suspectsFor = (commits: boolean, intervention: boolean) => {
    const timeouts = { electionTimeoutMs: 100_000, electionTimeoutCapMs: 100_000 };
    const lab = stopLab({ constants: { ...timeouts, paceMs: intervention ? 0 : 1000 } });
    lab.follow("r1", 1, STOPPED);
    if (commits) lab.receive(...forge.reportsOf(PEERS, 1, STOP));
    lab.run([requestInput(forge.request(0, "waits", "c2"), intervention)]);
    lab.elapse(20_000);
    return lab.state.election.suspectingSince !== null;
  };
  assertEquals([suspectsFor(false, true), suspectsFor(true, true)], [true, false], "patience");
  assertEquals([suspectsFor(false, false), suspectsFor(true, false)], [true, false], "pace");
});
