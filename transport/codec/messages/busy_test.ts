import { assertEquals, assertThrows } from "@std/assert";
import { clientId, digest, logIndex } from "../../../protocol/ids.ts";
import type { BusyAnswer } from "../../../protocol/message.ts";
import { busyAnswer, waitOf } from "../../../protocol/reply.ts";
import { Reader } from "../reader.ts";
import { replyPart } from "./client_messages.ts";
import { encodeReplyPart } from "./message.ts";

const client = clientId("c1");
const busy = busyAnswer(digest("ab".repeat(32)), logIndex(7), 250);

Deno.test("§7.3m busy is outcome 7, with its wait in four bytes behind the applied index", () => {
  const bytes = encodeReplyPart({ client, answers: [busy] });
  assertEquals(bytes.slice(-17), Uint8Array.of(7, ...[0, 0, 0, 0, 0, 0, 0, 7], ...[0, 0, 0, 4], ...[0, 0, 0, 250]));
  const [told] = replyPart.read(new Reader(bytes, "ReplyPart")).answers;
  assertEquals([told, waitOf(told as BusyAnswer)], [busy, 250]);
});

Deno.test("a wait of another length is none", () => {
  assertThrows(
    () => encodeReplyPart({ client, answers: [{ ...busy, result: new Uint8Array(5) }] }),
    RangeError,
    "4 bytes",
  );
});

Deno.test("waits are whole milliseconds, within what four bytes hold", () => {
  const waits = [-1, 0.2, 1e12].map((waitMs) => waitOf(busyAnswer(busy.request, busy.index, waitMs)));
  assertEquals(waits, [0, 1, 2 ** 32 - 1]);
});
