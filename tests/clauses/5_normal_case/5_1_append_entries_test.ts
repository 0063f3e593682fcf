/** §5.1: what a leader signs, when, and that it never leads a term again after a restart. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { electedBy } from "../../../protocol/certify.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import { numberOf } from "../../support/numbered_requests.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, requestInput, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 2, 1);

Deno.test("§5.1 the signed header binds the entries beside it by their chain hashes", () => {
  const lab = new Lab();
  lab.lead(1);
  const [packet] = sentOf(lab.run([requestInput(forge.request(0)), requestInput(forge.request(1))]), "AppendEntries");
  const { signed: { message }, entries } = packet!;
  let previous = message.prevHash;
  for (const [i, entry] of entries.entries()) {
    previous = chainEntry(sha256Hex, previous, entry).hash;
    assertEquals([Number(entry.index), message.entryHashes[i]], [message.prevIndex + i + 1, previous]);
  }
  assertEquals(entries.flatMap(({ requests }) => requests!.map(({ body }) => numberOf(sha256Hex(body)))), ["0", "1"]);
});

Deno.test("§5.1 entries that are not those of the header's hashes are not appended", () => {
  const others = forge.grow(forge.GENESIS, 2, 1, "other");
  for (const entries of [others, CHAIN.slice(0, 1), [...CHAIN].reverse()]) {
    const lab = new Lab();
    lab.follow("r1", 1);
    const packet = forge.appendEntries("r1", 1, CHAIN, { round: 2 });
    const { verdicts } = lab.receive({ ...packet, entries: entries.map(({ entry }) => entry) });
    assertEquals(verdicts, [{ verdict: "ignore", code: "entries-do-not-match-header" }]);
    assertEquals(lab.state.log.entries, []);
  }
});

Deno.test("§5.1 the first AppendEntries to each follower carries the election proof, later ones do not", () => {
  const lab = new Lab();
  const [opening] = sentOf(lab.lead(1), "AppendEntries");
  const elected = electedBy(lab.state, sha256Hex, opening!.proof!);
  assertEquals(elected && [Number(elected.term), elected.leader], [1, lab.self]);
  const later = sentOf(lab.elapse(500), "AppendEntries");
  assert(later.length >= 4);
  assertEquals(later.filter(({ proof }) => proof !== null), []);
});

Deno.test("§5.1 without entries it is a heartbeat, and the round strictly increases within a term", () => {
  const lab = new Lab();
  const packets = [...sentOf(lab.lead(1), "AppendEntries"), ...sentOf(lab.elapse(1000), "AppendEntries")];
  assertEquals(packets.slice(1).every(({ entries }) => entries.length === 0), true);
  const rounds = packets.map(({ signed }) => Number(signed.message.round));
  assertEquals(rounds, rounds.map((_, i) => i + 1));
});

Deno.test("§5.1a a replayed heartbeat keeps nobody quiet, a newer one does", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const heartbeat = (round: number) => forge.appendEntries("r1", 1, [], { round });
  lab.receive(heartbeat(5));
  const { deadline } = lab.state.election;
  lab.elapse(300);
  lab.receive(heartbeat(5), heartbeat(4));
  assertEquals(lab.state.election.deadline, deadline);
  lab.receive(heartbeat(6));
  assertNotEquals(lab.state.election.deadline, deadline); // drawn anew, it may even be earlier
});

/** Returns the position of the first line of `what` in `trace`. */
const at = ({ trace }: Outcome, what: string): number => {
  const found = trace.indexOf(what);
  assert(found >= 0, `no ${what} among ${trace.join(", ")}`);
  return found;
};

Deno.test("§5.1b a header leaves while its entry is on its way to the leader's disk, the leader's ack once it is there", () => {
  const lab = new Lab();
  for (const outcome of [lab.lead(1), lab.run([requestInput(forge.request(0))])]) {
    assert(at(outcome, "sign AppendEntries") < at(outcome, "send AppendEntries"));
    assert(at(outcome, "send AppendEntries") < at(outcome, "durable append"));
    assert(at(outcome, "durable append") < at(outcome, "sign AppendEntriesResponse"));
    assert(at(outcome, "durable hard-state") < at(outcome, "sign AppendEntriesResponse"));
  }
  assertEquals(lab.disk.entries.map(({ hash }) => hash), lab.state.log.entries.map(({ hash }) => hash));
});

for (const [point, sent] of [["before", []], ["meanwhile", ["sign AppendEntries", "send AppendEntries"]]] as const) {
  Deno.test(`§5.1b a leader whose disk fails ${point} the wait acks nothing, and does not lead that term with another entry`, () => {
    const lab = new Lab();
    lab.lead(1);
    lab.storage.failNext = point;
    const request = () => lab.run([requestInput(forge.request(0))]);
    const trace = lab.traceOf(() => assertThrows(request, StorageError, point));
    assertEquals(trace, sent);
    lab.restart();
    assertEquals(
      [lab.disk.entries.length, lab.state.hard.currentTerm, lab.state.leadership],
      [1, 1, null] as unknown[],
    );
    const later = [request(), lab.elapse(100)].flatMap((outcome) => sentOf(outcome, "AppendEntries"));
    assertEquals(later, []);
  });
}

Deno.test("§5.1c a leader that restarts does not lead that term again: it is a follower without a leader", () => {
  const lab = new Lab();
  const [opening] = sentOf(lab.lead(1), "AppendEntries");
  const { base } = opening!.proof!;
  lab.restart();
  const quiet = () => {
    const { role, leader } = lab.state.view;
    assertEquals([Number(lab.state.hard.currentTerm), role, leader, lab.state.leadership], [1, "follower", null, null]);
  };
  quiet();
  const own = lab.receive(opening!); // its own words, replayed at it
  assertEquals(own.verdicts, [{ verdict: "ignore", code: "own-term-before-restart" }]);
  quiet();
  lab.receive(forge.preVote("r1", 2, opening!.proof)); // its own proof, from a peer that still follows
  quiet();
  const votes = lab.peers.map((id) => forge.vote(id, 1, lab.self, base));
  lab.receive(...votes.map((signed) => ({ kind: "Vote", signed }) as const)); // the votes that elected it
  quiet();
  const outcome = lab.run([requestInput(forge.request(0))]);
  const later = lab.elapse(500);
  assertEquals([...sentOf(outcome, "AppendEntries"), ...sentOf(later, "AppendEntries")], []);
});
