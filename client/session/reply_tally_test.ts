import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { logIndex, seq } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { acceptedAnswer, answersNeeded, countAnswer, createReplyTally, sameAnswer } from "./reply_tally.ts";

const HONEST: Answer = {
  seq: seq(7),
  index: logIndex(12),
  outcome: "applied",
  result: Uint8Array.of(1, 2, 3),
  floor: seq(5),
};
const roster = (n: number) => Array.from({ length: n }, (_, at) => `r${at + 1}`);

Deno.test("writes need Q equal answers once fast reads are enabled (§7.4)", () => {
  assertEquals(answersNeeded(4, false), 2);
  assertEquals(answersNeeded(4, true), 3);
});

Deno.test("answers that differ in any compared field do not mix (§7.2)", () => {
  const others: Answer[] = [
    { ...HONEST, seq: seq(8) },
    { ...HONEST, index: logIndex(13) },
    { ...HONEST, outcome: "expired" },
    { ...HONEST, result: Uint8Array.of(1, 2, 4) },
    { ...HONEST, result: Uint8Array.of(1, 2) },
    { ...HONEST, floor: seq(6) },
  ];
  for (const other of others) {
    assert(!sameAnswer(HONEST, other));
    const tally = createReplyTally(new Set(roster(4)), 2);
    countAnswer(tally, "r1", HONEST);
    countAnswer(tally, "r2", other);
    assertEquals(acceptedAnswer(tally), null);
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
      assertEquals(acceptedAnswer(tally), null);
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
      assertEquals(acceptedAnswer(tally)?.result, HONEST.result);
      assert(tally.votes.accepted!.replicas.length >= weak);
    },
  ));
});

Deno.test("that a seq is outside the window is agreed on whatever index and floor it is said at, and liars cannot raise the floor", () => {
  const expired = (floor: number): Answer => ({
    ...{ seq: seq(7), index: logIndex(0), outcome: "expired" },
    ...{ result: new Uint8Array(0), floor: seq(floor) },
  });
  fc.assert(fc.property(
    fc.constantFrom(4, 7).chain((n) =>
      fc.record({ n: fc.constant(n), order: fc.shuffledSubarray(roster(n), { minLength: n }) })
    ),
    fc.array(fc.integer({ min: 8, max: 50 }), { minLength: 7, maxLength: 7 }),
    ({ n, order }, floors) => {
      const { f, weak } = quorumOf(n);
      const tally = createReplyTally(new Set(order), weak);
      const honest = Math.max(...order.map((replica, i) => roster(f).includes(replica) ? 0 : floors[i]!));
      order.forEach((replica, i) => {
        const lie = roster(f).includes(replica) ? 2 ** 53 - 1 : floors[i]!;
        countAnswer(tally, replica, { ...expired(lie), index: logIndex(i) });
        const accepted = acceptedAnswer(tally);
        assertEquals(accepted !== null, i + 1 >= weak);
        assert(accepted === null || accepted.floor <= honest, `${accepted?.floor} is above every honest floor`);
      });
    },
  ));
});
