import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Claim } from "../backend.ts";
import { ClaimsBoard, MAX_POSTED } from "./claims_board.ts";

const claim = (fill: number): Claim => ({
  signature: new Uint8Array(64).fill(fill),
  digest: new Uint8Array(32).fill(fill + 1),
  publicKey: new Uint8Array(33).fill(fill + 2),
});
const CLAIMS = [1, 11, 21].map(claim);

/** One board, as two threads see it. */
function opened(): [ClaimsBoard, ClaimsBoard] {
  const board = new ClaimsBoard();
  return [board, new ClaimsBoard(board.memory)];
}

Deno.test("what one thread posts another reads, and each place has one taker", () => {
  const [asker, helper] = opened();
  asker.post(CLAIMS);
  const { batch } = asker;
  assertEquals([helper.awaitBatch(batch - 1), helper.count], [batch, 3]);
  assertEquals([0, 1, 2].map((place) => helper.claimAt(place)), CLAIMS);
  assertEquals([helper.take(batch, 2), asker.take(batch, 2), asker.take(batch, 1), helper.take(batch, 1)], [
    ...[true, false, true, false],
  ]);
});

Deno.test("what a thread says of a place is heard, and silence is heard as such", () => {
  const [asker, helper] = opened();
  asker.post(CLAIMS);
  const { batch } = asker;
  for (const place of [0, 1, 2]) assert(helper.take(batch, place));
  helper.settle(batch, 0, true);
  helper.settle(batch, 1, false);
  assertEquals([0, 1, 2].map((place) => asker.outcome(batch, place, 1)), [true, false, null]);
});

Deno.test("a late word on an earlier batch is none on this one", () => {
  const [asker, helper] = opened();
  asker.post(CLAIMS);
  const earlier = asker.batch;
  assert(helper.take(earlier, 0));
  asker.post(CLAIMS.toReversed());
  helper.settle(earlier, 0, true);
  assertEquals([helper.take(earlier, 1), helper.take(earlier, 0)], [false, false]);
  assert(helper.take(asker.batch, 0));
  helper.settle(earlier, 0, true);
  assertEquals(asker.outcome(asker.batch, 0, 1), null);
});

Deno.test("a board is full at its bound", () => {
  const [asker] = opened();
  const many = Array.from({ length: MAX_POSTED }, () => claim(7));
  asker.post(many);
  assertThrows(() => asker.post([...many, claim(8)]), RangeError, "given 129 claims, wanted at most 128");
});
