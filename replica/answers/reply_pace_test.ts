import { assert, assertEquals } from "@std/assert";
import { clientId, logIndex } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { requestName } from "../../tests/support/replier_lab.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { ReplyPace } from "./reply_pace.ts";

const c1 = clientId("c1");
const PACE = INGRESS_LIMITS.replyPaceMs;
const answer = (number: number, index = 1, outcome: Answer["outcome"] = "applied"): Answer => {
  return { request: requestName(number), outcome, index: logIndex(index), result: new Uint8Array(0) };
};

Deno.test("the same answer is a repeat until the pace is over, whatever its index; another outcome, client or request is none", () => {
  const pace = new ReplyPace(4);
  pace.note(c1, answer(1, 5, "ahead"), 0);
  assert(pace.isRepeat(c1, answer(1, 5, "ahead"), PACE - 1));
  assert(pace.isRepeat(c1, answer(1, 9, "ahead"), PACE - 1));
  assert(!pace.isRepeat(c1, answer(1, 5, "ahead"), PACE));
  assert(!pace.isRepeat(c1, answer(1, 6, "applied"), 1));
  assert(!pace.isRepeat(c1, answer(2, 5, "ahead"), 1));
  assert(!pace.isRepeat(clientId("c2"), answer(1, 5, "ahead"), 1));
});

Deno.test("what is remembered is bounded by the window and by time; the oldest goes first", () => {
  const pace = new ReplyPace(4);
  for (let number = 1; number <= 20; number++) pace.note(c1, answer(number), number);
  assertEquals(pace.sizeOf(c1), 4);
  assert(!pace.isRepeat(c1, answer(16), 21) && pace.isRepeat(c1, answer(17), 21));
  pace.note(c1, answer(30), 20 + PACE);
  assertEquals(pace.sizeOf(c1), 1);
});
