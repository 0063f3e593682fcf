/** §8.4: what a replica without its past may sign, what it asks, and what it is answered. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Digest, digest, replicaId, term } from "../../../protocol/ids.ts";
import type { RollCallAnswer } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { HardState, Recovery } from "../../../replica/core/log/durable_state.ts";
import { GuardError, type SigningIntent } from "../../../replica/storage/port.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import * as forge from "../support/forge.ts";
import { Lab, type LabOptions, type Outcome, sentOf } from "../support/lab.ts";

const NONCE = digest("ab".repeat(32));
const CHAIN = forge.grow(forge.GENESIS, 12, 3);
const OPENING = forge.entryAfter(forge.endOf(CHAIN), 4, []);

/** Returns a replica on an empty disk, in the recovery that `NONCE` names. */
function learner(options: LabOptions = {}, recovery: Recovery = { nonce: NONCE, bar: null }): Lab {
  const lab = new Lab({ constants: { checkpointEvery: 8 }, ...options });
  const hardState = { ...lab.disk.hardState, recovery };
  lab.disk.write({ op: "hard-state", state: hardState });
  lab.disk.tip = { ...lab.disk.tip, hardState };
  lab.restart();
  return lab;
}

const kindsIn = (...outcomes: Outcome[]): Set<Packet["kind"]> =>
  new Set(outcomes.flatMap(({ sent }) => sent.map(({ packet }) => packet.kind)));

Deno.test("§8.4a a learner follows, applies and asks, and signs nothing that counts", () => {
  const lab = learner();
  const outcomes = [
    lab.elapse(3000), // it suspects, with PreVotes of all others and in its turn
    lab.receive(...lab.peers.map((id) => forge.preVote(id, 2)), forge.requestVote("r3", 2, lab.peers)),
    lab.elapse(5000),
    lab.follow("r1", 3, CHAIN),
    lab.receive(...forge.acksOf(lab.peers, 3, forge.endOf(CHAIN))),
    lab.receive(...forge.reportsOf(lab.peers, 3, forge.endOf(CHAIN))),
    lab.receive(forge.appendEntries("r1", 3, [], { prev: forge.endOf(forge.grow(forge.GENESIS, 20, 3)), round: 9 })),
    lab.receive({
      kind: "RollCall",
      signed: forge.signAs("r4", { kind: "RollCall", replica: replicaId("r4"), nonce: NONCE }),
    }),
    lab.elapse(5000),
  ];
  assertEquals([Number(lab.state.appliedIndex), lab.state.checkpoints.open.length], [12, 1]);
  assertEquals([lab.state.hard.vote, lab.state.hard.ack, Number(lab.state.hard.preVoted)], [null, null, 0]);
  assertEquals([...kindsIn(...outcomes)].sort(), ["ResendRequest", "RollCall"]);
});

const acks = (termNumber: number): SigningIntent => ({ epoch: 1, kind: "acks", term: term(termNumber), heads: [] });

function voting(termNumber: number): SigningIntent {
  const { message } = forge.vote("r2", termNumber, "r3", forge.rankOf(0, forge.GENESIS));
  return { epoch: 1, kind: "vote", vote: message, body: encodeMessage(message) };
}

const refused = (lab: Lab, why: string, ...intents: SigningIntent[]) => {
  for (const intent of intents) assertThrows(() => lab.storage.commit([], [intent]), GuardError, why);
};

Deno.test("§8.4a §8.4f the guard lets a learner sign no vote or response, and later none at or below its bar", () => {
  const lab = learner({}, { nonce: NONCE, bar: term(3) });
  refused(lab, "does not know yet what it has signed", acks(9), voting(9));
  const state: HardState = { ...lab.disk.hardState, currentTerm: term(4), recovery: null };
  lab.storage.commit([{ op: "hard-state", state }], []);
  lab.restart();
  refused(lab, "up to term 3 was lost with its disk", acks(3), voting(3), acks(1), voting(2));
  lab.storage.commit([], [acks(4), voting(4)]);
});

const rollCall = (from: string, nonce: Digest = NONCE): Packet => ({
  kind: "RollCall",
  signed: forge.signAs(from, { kind: "RollCall", replica: replicaId(from), nonce }),
});

const answersIn = (outcome: Outcome) => sentOf(outcome, "RollCallAnswer").map(({ signed }) => signed.message);

Deno.test("§8.4b a roll call is answered with the highest term entered or signed a PreVote for, over restarts too", () => {
  const lab = new Lab();
  lab.follow("r1", 3, CHAIN);
  const answer = (number: number): RollCallAnswer[] => [{
    ...{ kind: "RollCallAnswer", replica: lab.self, asker: replicaId("r3"), nonce: NONCE } as const,
    term: term(number),
  }];
  assertEquals(answersIn(lab.receive(rollCall("r3"))), answer(3));
  lab.suspect();
  lab.receive(forge.preVote("r1", 8), forge.preVote("r4", 8));
  lab.elapse(200);
  assertEquals([Number(lab.state.hard.currentTerm), answersIn(lab.receive(rollCall("r3")))], [3, answer(8)]);
  lab.restart();
  assertEquals(answersIn(lab.receive(rollCall("r3"))), answer(8));
});

/** Returns the answer of `replica` to this learner, r7 of seven unless told otherwise. */
const answerOf = (replica: string, number: number, { asker = "r7", nonce = NONCE } = {}): Packet => ({
  kind: "RollCallAnswer",
  signed: forge.signAs(replica, {
    ...{ kind: "RollCallAnswer", replica: replicaId(replica), asker: replicaId(asker), nonce } as const,
    term: term(number),
  }),
});

Deno.test("§8.4d the bar is the Q-th lowest term answered to this roll call; it falls and never rises", () => {
  const lab = learner({ replicas: 7, self: "r7" }); // Q = 5
  const bar = () => lab.state.hard.recovery!.bar as number | null;
  assertEquals([kindsIn(lab.elapse(10)).has("RollCall"), bar()], [true, null]);
  lab.receive(answerOf("r1", 4), answerOf("r2", 900), answerOf("r3", 2), answerOf("r4", 3), answerOf("r4", 3));
  assertEquals(bar(), null);
  lab.receive(
    answerOf("r5", 1, { asker: "r6" }),
    answerOf("r5", 1, { nonce: digest("cd".repeat(32)) }),
    answerOf("r7", 1),
  );
  assertEquals(bar(), null);
  lab.receive(answerOf("r5", 6));
  assertEquals(bar(), 900);
  lab.receive(answerOf("r6", 7));
  assertEquals(bar(), 7);
  lab.receive(answerOf("r6", 70), answerOf("r3", 60));
  assertEquals(bar(), 7);
  lab.receive(answerOf("r2", 5));
  assertEquals(bar(), 6);
  lab.restart();
  assertEquals(bar(), 6);
  lab.receive(...["r1", "r2", "r3", "r4", "r5", "r6"].map((id) => answerOf(id, 8)));
  assertEquals(bar(), 6);
});

Deno.test("§8.4 without a bar no recovery ends, however high the terms of what is committed", () => {
  const lab = learner();
  const chain = [...CHAIN, OPENING];
  lab.follow("r1", 4, chain, { base: forge.prepareCertificate(3, forge.endOf(CHAIN), lab.peers) });
  lab.receive(...forge.reportsOf(lab.peers, 4, forge.endOf(chain)));
  lab.elapse(100);
  assertEquals(Number(lab.state.appliedIndex), 13);
  assert(lab.state.hard.recovery !== null);
  lab.receive(...lab.peers.map((id) => answerOf(id, 3, { asker: "r2" })));
  lab.elapse(10);
  assertEquals([lab.state.hard.recovery, Number(lab.state.hard.currentTerm)], [null, 4]);
});

const calledBy = (outcome: Outcome): string[] =>
  outcome.sent.flatMap(({ to, packet }) => packet.kind === "RollCall" && to !== "all" ? [...to] : []).sort();

Deno.test("§8.4g who answered with the bar or more is asked again, and a lower answer lowers the bar", () => {
  const lab = learner(); // n = 4, so that each of the others counts
  lab.elapse(10);
  lab.receive(
    answerOf("r1", 3, { asker: "r2" }),
    answerOf("r3", 4, { asker: "r2" }),
    answerOf("r4", Number.MAX_SAFE_INTEGER, { asker: "r2" }),
  );
  const bar = () => Number(lab.state.hard.recovery!.bar);
  assertEquals(bar(), Number.MAX_SAFE_INTEGER);
  const calls = calledBy(lab.elapse(60_000));
  assertEquals([...new Set(calls)], ["r4"]);
  assert(calls.length >= 3 && calls.length <= 4, `${calls.length} calls in a minute`);
  lab.receive(answerOf("r4", 4, { asker: "r2" })); // it is an honest replica again
  assertEquals(bar(), 4);
});
