/** I8: the state each packet rests on, and that a learner signs nothing that counts (§8.4). */
import { assertEquals, assertThrows } from "@std/assert";
import { term } from "../../protocol/ids.ts";
import { InvariantError } from "../../protocol/invariant.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import * as fx from "../../tests/contract/storage/storage_fixtures.ts";
import { EMPTY_HARD_STATE } from "../storage/empty.ts";
import { assertDurable, type DurableMark, leavesAhead, markDurable } from "./durable_mark.ts";

const LOG = fx.grow(fx.GENESIS, 5, 2);
const at = (index: number) => fx.endOf(LOG.slice(0, index));
const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));

/** The mark of an empty disk, after `operations`. */
function markAfter(...operations: Parameters<typeof markDurable>[1]): DurableMark {
  const { index, hash } = fx.GENESIS;
  const mark: DurableMark = {
    ...{ epoch: 1, crossing: null, hard: EMPTY_HARD_STATE, last: index },
    ...{ prepared: { term: term(0), index, hash }, commitIndex: index },
  };
  markDurable(mark, operations);
  return mark;
}

const self = fx.REPLICA;
const preVote = (number: number): UnsignedPacket => ({
  kind: "PreVote",
  signed: { kind: "PreVote", term: term(number), replica: self },
  proof: null,
});
const checkpoint = (index: number): UnsignedPacket => ({
  kind: "Checkpoint",
  signed: { kind: "Checkpoint", replica: self, ...at(index), stateDigest },
});
/** To a candidate that is not granted a vote: by this they rest on nothing durable. */
const voteRefusal: UnsignedPacket = {
  kind: "VoteRefusal",
  signed: { kind: "VoteRefusal", term: term(3), candidate: self, voter: self },
  certificate: fx.prepareCertificate(2, at(3)),
};
const voteDeferred: UnsignedPacket = {
  kind: "VoteDeferred",
  signed: { kind: "VoteDeferred", term: term(3), candidate: self, voter: self },
};
const rollCallAnswer = (number: number): UnsignedPacket => ({
  kind: "RollCallAnswer",
  signed: { kind: "RollCallAnswer", replica: self, asker: self, nonce: stateDigest, term: term(number) },
});
const heartbeat = (number: number, prevIndex: number): UnsignedPacket => ({
  kind: "AppendEntries",
  signed: {
    ...{ kind: "AppendEntries", term: term(number), leader: self, round: 1 as never },
    ...{ prevIndex: at(prevIndex).index, prevHash: at(prevIndex).hash, entryHashes: [], commitIndex: at(1).index },
  },
  entries: [],
  proof: null,
});

const refused = (mark: DurableMark, packet: UnsignedPacket): void => {
  assertThrows(() => assertDurable(mark, packet), InvariantError, "before what it rests on was durable");
};

Deno.test("an AppendEntries alone leaves ahead of its entries, once its term is durable (§5.1b)", () => {
  const mark = markAfter(fx.hardState(3));
  const packets = [heartbeat(3, 5), heartbeat(4, 5), preVote(3), checkpoint(1), voteRefusal, rollCallAnswer(3)];
  assertEquals(packets.map((packet) => leavesAhead(mark, packet)), [true, false, false, false, false, false]);
});

Deno.test("I8: a PreVote leaves once its term is durable, an answer to a roll call no higher than what is", () => {
  const mark = markAfter(fx.hardState(3, { preVoted: term(7) }));
  assertDurable(mark, preVote(7));
  refused(mark, preVote(8));
  assertDurable(mark, rollCallAnswer(7));
  refused(mark, rollCallAnswer(8));
});

Deno.test("I8: a Checkpoint leaves once its index is durably committed", () => {
  const mark = markAfter(fx.hardState(2), fx.append(LOG), fx.commit(2, at(3)), fx.chunks(chunks));
  assertDurable(mark, checkpoint(3));
  refused(mark, checkpoint(4));
});

Deno.test("I8: a log restarted at a snapshot reaches to there, and a compaction takes nothing from its end", () => {
  const proof = fx.checkpointProof(2, at(4), stateDigest);
  const mark = markAfter(fx.hardState(2), fx.append(LOG), fx.checkpoint(proof), fx.compact(at(4)), fx.transfer(proof));
  assertDurable(mark, heartbeat(2, 5));
  markDurable(mark, [fx.restart(at(3)), fx.dropChunks([stateDigest])]);
  assertDurable(mark, heartbeat(2, 3));
  refused(mark, heartbeat(2, 4));
});

Deno.test("⚠ §8.4: nothing that counts leaves while a recovery is under way, whatever is durable", () => {
  const recovery = { nonce: stateDigest, bar: term(1) };
  const durable = [fx.hardState(3, { preVoted: term(7), recovery }), fx.append(LOG), fx.commit(2, at(3))];
  const mark = markAfter(...durable);
  const packets = [preVote(7), checkpoint(3), rollCallAnswer(3), heartbeat(3, 4), voteRefusal, voteDeferred];
  for (const packet of packets) {
    assertThrows(() => assertDurable(mark, packet), InvariantError, `a learner's ${packet.kind}`);
  }
  assertDurable(mark, { kind: "RollCall", signed: { kind: "RollCall", replica: self, nonce: stateDigest } });
  markDurable(mark, [fx.hardState(3, { preVoted: term(7) })]);
  for (const packet of packets) assertDurable(mark, packet);
});

Deno.test("⚠ §13.7: a core whose disk was asked to begin the next epoch signs nothing any more", () => {
  const genesis = fx.genesisAfter(at(3), stateDigest);
  const mark = markAfter(fx.hardState(3, { preVoted: term(7) }), fx.append(LOG), fx.commit(2, at(3)));
  for (const packet of [preVote(7), checkpoint(3), rollCallAnswer(3)]) assertDurable(mark, packet);
  mark.crossing = genesis;
  for (const packet of [preVote(7), checkpoint(3), rollCallAnswer(3), heartbeat(3, 4), voteRefusal]) {
    assertThrows(() => assertDurable(mark, packet), InvariantError, `a ${packet.kind} of epoch 1`);
    assertEquals(leavesAhead(mark, packet), false);
  }
  assertEquals(markAfter(fx.beginEpoch(genesis, true)).crossing, genesis);
});
