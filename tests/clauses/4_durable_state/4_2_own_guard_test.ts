/**
 * §4.2: the storage's guard, and the core's own: whatever leads to it, `setAck` never acks a second chain in a term. More tests of the
 * storage's are in `tests/contract/`.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import { setAck, setHardState } from "../../../replica/core/log/durable.ts";
import { truncateTo } from "../../../replica/core/log/log.ts";
import { GuardError, type SigningIntent } from "../../../replica/storage/port.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 4, 1);
const OTHER = forge.grow(forge.headIn(CHAIN, 1), 3, 1, "other");

/** Returns a follower in term 1 that has acked (3, h) of `CHAIN`. */
function acked(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  assertEquals(lab.state.hard.ack, forge.headIn(CHAIN, 3));
  return lab;
}

const refuses = (lab: Lab, head: ReturnType<typeof forge.endOf>, why: string) =>
  assertThrows(() => setAck(lab.context(), head), InvariantError, why);

Deno.test("§4.2d an ack whose chain does not pass through the last ack of the term is refused", () => {
  const lab = acked();
  truncateTo(lab.state.log, forge.headIn(CHAIN, 1).index);
  lab.state.log.entries.push(...OTHER);
  refuses(lab, forge.headIn(OTHER, 4), "I2: the chain acked now misses the ack at 3");
});

Deno.test("§4.2d an ack of what the log does not hold is refused", () => {
  refuses(acked(), forge.headIn(CHAIN, 4), "I2: acked 4, which is not on the log");
  refuses(acked(), forge.headIn(OTHER, 3), "I2: acked 3, which is not on the log");
});

Deno.test("§4.2d an ack never moves down", () => {
  refuses(acked(), forge.headIn(CHAIN, 2), "I2: acked 2 after 3");
});

Deno.test("§4.2d nothing is acked once the no-more-acks flag stands", () => {
  const lab = acked();
  setHardState(lab.context(), { noMoreAcks: true });
  refuses(lab, forge.headIn(CHAIN, 3), "I2: acked 3 after catch-up replaced an acked entry");
});

Deno.test("§4.2 an ack further up the same chain is allowed, and handed out to be made durable", () => {
  const lab = acked();
  lab.state.log.entries.push(CHAIN[3]!);
  const context = lab.context();
  setAck(context, forge.endOf(CHAIN));
  const [operation] = context.out.persist;
  assertEquals(operation?.op === "hard-state" ? operation.state.ack : null, forge.endOf(CHAIN));
});

const acks = (termNumber: number, ...heads: Head[]): SigningIntent => ({
  epoch: 1,
  kind: "acks",
  term: term(termNumber),
  heads,
});

function voting(termNumber: number, candidate: string, base = forge.rankOf(0, forge.GENESIS)): SigningIntent {
  const { message } = forge.vote("r2", termNumber, candidate, base);
  return { epoch: 1, kind: "vote", vote: message, body: encodeMessage(message) };
}

const guardRefuses = (lab: Lab, intent: SigningIntent, why: string) =>
  assertThrows(() => lab.storage.commit([], [intent]), GuardError, why);

Deno.test("§4.2a the storage refuses acks that are not on its log, or of a log that left the last ack of the term", () => {
  const lab = acked();
  guardRefuses(lab, acks(1, forge.headIn(OTHER, 3)), "the log holds");
  guardRefuses(lab, acks(1, forge.headIn(CHAIN, 4)), "the log holds nothing at index 4");
  lab.storage.commit([{ op: "truncate", after: logIndex(1) }, { op: "append", entries: OTHER }], []);
  for (const index of [4, 2]) {
    guardRefuses(lab, acks(1, forge.headIn(OTHER, index)), "the last response signed is of term 1");
  }
  lab.storage.commit([], [acks(2, forge.headIn(OTHER, 4))]); // of another term it may
});

Deno.test("§4.2b the storage refuses a second vote in a term unless it is the very same bytes", () => {
  const lab = new Lab();
  const vote = { candidate: replicaId("r3"), base: forge.rankOf(0, forge.GENESIS) };
  const state = { ...lab.disk.hardState, currentTerm: term(3), vote };
  lab.storage.commit([{ op: "hard-state", state }], [voting(3, "r3")]);
  guardRefuses(lab, voting(3, "r4"), "already signed is other bytes");
  guardRefuses(lab, voting(3, "r3", forge.rankOf(1, forge.headIn(CHAIN, 1))), "already signed is other bytes");
  lab.storage.commit([], [voting(3, "r3")]);
  lab.restart();
  guardRefuses(lab, voting(3, "r4"), "already signed is other bytes");
});

Deno.test("§4.2c the storage refuses responses and votes of a term below the highest one signed in", () => {
  const lab = acked();
  lab.storage.commit([], [voting(3, "r3")]);
  guardRefuses(lab, acks(1, forge.headIn(CHAIN, 3)), "nothing below term 3");
  guardRefuses(lab, acks(2), "nothing below term 3");
  lab.storage.commit([], [acks(4)]);
  guardRefuses(lab, voting(3, "r3"), "nothing below term 4");
});
