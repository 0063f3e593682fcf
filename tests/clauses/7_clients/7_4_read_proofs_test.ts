/** §7.4: answers to fast reads are parts of a reply; a client takes none that its replica did not sign as that. */
import { assertEquals } from "@std/assert";
import { createInbox } from "../../../client/loop/inbox.ts";
import { sha256Hex, unhex } from "../../../crypto/digest.ts";
import { createKeyRing } from "../../../crypto/roster/key_ring.ts";
import { createSigner, createVerifier } from "../../../crypto/signing/signing.ts";
import { clientId, logIndex, replicaId, term } from "../../../protocol/ids.ts";
import type { ReadPart, ReplyPart } from "../../../protocol/message.ts";
import type { ReadPacket } from "../../../protocol/packet.ts";
import { sealParts } from "../../../replica/answers/seal_parts.ts";
import { decodeReplyPacket, encodePacket, encodeReadPart, KIND_BYTES } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { makeRoster } from "../../support/make_roster.ts";

const { roster, keys } = makeRoster();
const signer = createSigner(backend, unhex(keys.get("r1")!.secretKey), roster.cluster);
const HEAD = { replica: replicaId("r1"), term: term(3), leader: null };
const READ: ReadPart = { client: clientId("c1"), nonce: 7, payloads: [Uint8Array.of(1), Uint8Array.of(2)] };
const OTHER: ReadPart = { ...READ, client: clientId("c2") };
const REPLY: ReplyPart = {
  client: clientId("c1"),
  answers: [{ request: sha256Hex(Uint8Array.of(1)), outcome: "applied", index: logIndex(7), result: Uint8Array.of(1) }],
};
const FRAMES = sealParts(signer, HEAD, [REPLY, READ, OTHER]);
const [, READS, OTHERS] = FRAMES.map((frames) => decodeReplyPacket(frames)) as [unknown, ReadPacket, ReadPacket];

/** Returns what becomes at `c1` of frames that come over the connection of r1. */
function received(frames: readonly Uint8Array[]): string {
  const inbox = createInbox("c1", createKeyRing(roster), createVerifier(backend, roster.cluster));
  const inbound = inbox.read("r1", frames, () => true, 0);
  return "dropped" in inbound ? inbound.dropped : inbound.packet.kind;
}

const withPart = (message: ReadPart): Uint8Array[] =>
  encodePacket({ ...READS, part: { message, body: encodeReadPart(message) } });

Deno.test("§7.4g answers to reads share a signature with those to requests, and are proven as they are", () => {
  const [replies, reads] = FRAMES as [Uint8Array[], Uint8Array[]];
  assertEquals(FRAMES.map(received), ["Reply", "ReadReply", "misdirected"]);
  assertEquals(replies.slice(0, 2).map((frame) => frame.slice(2)), reads.slice(0, 2).map((frame) => frame.slice(2)));
  const wrong: Readonly<Record<string, readonly Uint8Array[]>> = {
    "another answer": withPart({ ...READ, payloads: [Uint8Array.of(1), Uint8Array.of(3)] }),
    "answers in another order": withPart({ ...READ, payloads: READ.payloads.toReversed() }),
    "fewer answers": withPart({ ...READ, payloads: READ.payloads.slice(1) }),
    "none, as if refused": withPart({ ...READ, payloads: [] }),
    "answers to another packet": withPart({ ...READ, nonce: 8 }),
    "another's answers": encodePacket({ ...OTHERS, part: READS.part }),
  };
  for (const [what, frames] of Object.entries(wrong)) assertEquals(received(frames), "forged", what);
});

Deno.test("§7.4g a part of one kind is none of the other", () => {
  const as = (kind: "Reply" | "ReadReply", [envelope, ...rest]: readonly Uint8Array[]): Uint8Array[] => [
    envelope!.with(1, KIND_BYTES[kind]),
    ...rest,
  ];
  assertEquals(received(as("ReadReply", FRAMES[0]!)), "malformed");
  assertEquals(received(as("Reply", FRAMES[1]!)), "malformed");
});
