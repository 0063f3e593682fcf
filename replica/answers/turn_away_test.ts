import { assert, assertEquals } from "@std/assert";
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { decodeReplyPacket, encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TurnAway } from "./turn_away.ts";

const bytesOf = (frames: readonly Uint8Array[]): number => frames.reduce((sum, { length }) => sum + length, 0);

/** Asks `count` times as the client `name`, `pauseMs` apart; returns the bytes in and out, and the answers. */
function ask(count: number, pauseMs: number, name: string, self = "r1") {
  const sent: (readonly Uint8Array[])[] = [];
  const turnAway = new TurnAway(replicaId(self), 1, (_route, frames) => sent.push(frames));
  let asked = 0;
  for (let i = 0; i < count; i++) {
    const message = { kind: "GetStatus", client: clientId(name), nonce: i } as const;
    const signed = { message, body: encodeMessage(message), signature: new Uint8Array(SIGNATURE_BYTES) };
    asked += bytesOf(encodePacket({ kind: "GetStatus", signed }));
    turnAway.take(message, "aa", i * pauseMs);
  }
  return { sent, asked, answered: sent.reduce((sum, frames) => sum + bytesOf(frames), 0) };
}

Deno.test("a stranger is told no more than that a replica is here, unsigned, and nothing of its cluster", () => {
  const { sent } = ask(2, 300, "c1");
  assertEquals(sent.length, 1);
  const { message, signature } = decodeReplyPacket(sent[0]!).signed;
  const payload = new Uint8Array(0);
  assertEquals(message, {
    kind: "QueryReply",
    replica: replicaId("r1"),
    client: clientId("c1"),
    nonce: 1,
    ok: false,
    payload,
  });
  assert(signature.every((byte) => byte === 0));
});

Deno.test("less goes out than came in, whatever the names", () => {
  for (const [name, self] of [["c", "r"], ["c".repeat(64), "r".repeat(64)], ["c", "r".repeat(64)]] as const) {
    const { asked, answered, sent } = ask(40, 1000, name, self);
    assert(sent.length > 0 && answered <= asked, `${answered} bytes for ${asked}`);
  }
});

Deno.test("a flood of questions is answered at a bounded rate", () => {
  const seconds = 10;
  const { sent } = ask(seconds * 1000, 1, "c1");
  assert(
    sent.length <= INGRESS_LIMITS.refusalBurst + seconds * INGRESS_LIMITS.refusalsPerSecond,
    `${sent.length} answers`,
  );
});
