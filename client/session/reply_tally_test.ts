import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { digest, logIndex } from "../../protocol/ids.ts";
import type { Answer, Outcome } from "../../protocol/message.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { answersNeeded, countAnswer, createReplyTally, sameAnswer } from "./reply_tally.ts";

const HONEST: Answer = {
  request: digest("07".repeat(32)),
  outcome: "applied",
  index: logIndex(12),
  result: Uint8Array.of(1, 2, 3),
};
const roster = (n: number) => Array.from({ length: n }, (_, at) => `r${at + 1}`);

Deno.test("writes need Q equal answers once fast reads are enabled (§7.4)", () => {
  assertEquals(answersNeeded(4, false), 2);
  assertEquals(answersNeeded(4, true), 3);
});

Deno.test("answers that differ in any compared field do not mix (§7.2)", () => {
  const others: Answer[] = [
    { ...HONEST, request: digest("08".repeat(32)) },
    { ...HONEST, index: logIndex(13) },
    { ...HONEST, outcome: "expired" },
    { ...HONEST, result: Uint8Array.of(1, 2, 4) },
    { ...HONEST, result: Uint8Array.of(1, 2) },
    { ...HONEST, outcome: "conflict" },
  ];
  for (const other of others) {
    assert(!sameAnswer(HONEST, other));
    const tally = createReplyTally(new Set(roster(4)), 2);
    countAnswer(tally, "r1", HONEST);
    assertEquals(countAnswer(tally, "r2", other), null);
  }
  assert(sameAnswer(HONEST, { ...HONEST, result: HONEST.result.slice() }));
});

Deno.test("for all Byzantine votes: f replicas alone never bring a client to accept (attack: a client trusting one reply)", () => {
  const answer = fc.record({
    index: fc.integer({ min: 1, max: 3 }).map(logIndex),
    result: fc.uint8Array({ maxLength: 2 }),
    outcome: fc.constantFrom("applied" as const, "expired" as const),
  });
  fc.assert(fc.property(
    fc.constantFrom(4, 7, 10),
    fc.array(fc.tuple(fc.nat(), answer), { maxLength: 80 }),
    (n, votes) => {
      const { f, weak } = quorumOf(n);
      const tally = createReplyTally(new Set(roster(n)), weak);
      for (const [who, lie] of votes) countAnswer(tally, roster(f)[who % f]!, { ...HONEST, ...lie });
      assertEquals(tally.accepted, null);
    },
  ));
});

Deno.test("for all orders: with f liars among all replicas exactly the honest answer is accepted", () => {
  fc.assert(fc.property(
    fc.constantFrom(4, 7, 10).chain((n) =>
      fc.record({ n: fc.constant(n), order: fc.shuffledSubarray(roster(n), { minLength: n }) })
    ),
    fc.uint8Array({ minLength: 1, maxLength: 2 }),
    ({ n, order }, lie) => {
      const { f, weak } = quorumOf(n);
      const liars = new Set(roster(f));
      const tally = createReplyTally(new Set(order), weak);
      for (const replica of order) {
        countAnswer(tally, replica, liars.has(replica) ? { ...HONEST, result: lie } : HONEST);
      }
      assertEquals(tally.accepted?.value.result, HONEST.result);
      assert(tally.accepted!.replicas.length >= weak);
    },
  ));
});

Deno.test("what names no entry is agreed on whatever index it is said at, a conflict like an applied one is not", () => {
  const said = (outcome: Outcome, index: number): Answer => ({ ...HONEST, outcome, index: logIndex(index) });
  for (const outcome of ["expired", "ahead", "unexecuted", "unknown", "void"] as const) {
    assert(sameAnswer(said(outcome, 5), said(outcome, 6)), outcome);
    assert(!sameAnswer(said(outcome, 5), said("applied", 5)), outcome);
    // None of them has a result; one that has is a lie of its own.
    assert(!sameAnswer(said(outcome, 5), { ...said(outcome, 5), result: Uint8Array.of(9) }), outcome);
  }
  assert(sameAnswer(said("conflict", 5), said("conflict", 5)));
  assert(!sameAnswer(said("conflict", 5), said("conflict", 6)));
});
