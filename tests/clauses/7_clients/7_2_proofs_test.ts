/** §7.2: what a replica tells its clients at once is signed once, as a tree; a client counts nothing that is not in it. */
import { assert, assertEquals } from "@std/assert";
import { createInbox, type Inbound } from "../../../client/loop/inbox.ts";
import { answersNeeded, countAnswer, createReplyTally } from "../../../client/session/reply_tally.ts";
import { sha256Hex, unhex } from "../../../crypto/digest.ts";
import { createKeyRing } from "../../../crypto/roster/key_ring.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { createMerkleTree } from "../../../crypto/signing/merkle_tree.ts";
import { provesPart } from "../../../crypto/signing/reply_proof.ts";
import { createSigner, createVerifier, type DomainKind, type Signer } from "../../../crypto/signing/signing.ts";
import { createVerifiedCache } from "../../../crypto/signing/verified_cache.ts";
import { clientId, logIndex, replicaId, term } from "../../../protocol/ids.ts";
import type { Answer, Reply, ReplyPart } from "../../../protocol/message.ts";
import type { PartPacket } from "../../../protocol/packet.ts";
import { type ReplyHead, sealParts } from "../../../replica/answers/seal_parts.ts";
import {
  decodeReplyPacket,
  encodeMessage,
  encodePacket,
  encodeReplyPart,
  type MessageOf,
} from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { makeRoster } from "../../support/make_roster.ts";

const { roster, keys } = makeRoster();
const signerOf = (id: string, cluster = roster.cluster): Signer =>
  createSigner(backend, unhex(keys.get(id)!.secretKey), cluster);
const headOf = (id: string): ReplyHead => ({ replica: replicaId(id), term: term(3), leader: replicaId("r1") });
const REQUEST = sha256Hex(new TextEncoder().encode("a request"));

/** Returns what `client` is told of one request. */
const part = (client: string, result: number): ReplyPart => ({
  client: clientId(client),
  answers: [{ request: REQUEST, outcome: "applied", index: logIndex(7), result: Uint8Array.of(result) }],
});
const CLIENTS = ["c1", "c2", "c3", "c4", "c5"];

/** Returns what `id` tells five clients at once, to each another result. */
function told(id: string, signer: Signer = signerOf(id)): PartPacket[] {
  const frames = sealParts(signer, headOf(id), CLIENTS.map((client, i) => part(client, i)));
  return frames.map((each) => decodeReplyPacket(each) as PartPacket);
}

/** Returns what becomes at `c1` of a packet that comes over the connection of r1. */
function received(packet: PartPacket): string {
  const inbox = createInbox(
    "c1",
    createKeyRing(roster),
    createVerifier(backend, roster.cluster, createVerifiedCache(8)),
  );
  const inbound: Inbound = inbox.read("r1", encodePacket(packet), () => true, 0);
  return "dropped" in inbound ? inbound.dropped : "taken";
}

/** Returns the packet with another reply, signed by `id`. */
function resigned(packet: PartPacket, change: Partial<Reply>, id = "r1"): PartPacket {
  const message = { ...packet.signed.message, ...change };
  const body = encodeMessage(message);
  return { ...packet, signed: { message, body, signature: signerOf(id).sign("Reply", body) } };
}

const withSignature = (packet: PartPacket, signature: Uint8Array): PartPacket => ({
  ...packet,
  signed: { ...packet.signed, signature },
});

function withPart(packet: PartPacket, message: ReplyPart): PartPacket {
  return { ...packet, part: { message, body: encodeReplyPart(message) } };
}

Deno.test("§7.2h a client takes a part that is in the tree, and none that is not, whatever was signed", () => {
  const [mine, other] = told("r1") as [PartPacket, PartPacket];
  const root = mine.signed.message.root;
  assertEquals(received(mine), "taken");
  const wrong: Readonly<Record<string, PartPacket>> = {
    "another result": withPart(mine, part("c1", 9)),
    "another's part under its own name": withPart(other, part("c1", 1)),
    "another index": { ...mine, index: 1 },
    "an index beyond the tree": { ...mine, index: 5 },
    "no path": { ...mine, path: [] },
    "a path too short": { ...mine, path: mine.path.slice(0, -1) },
    "a path too long": { ...mine, path: [...mine.path, root] },
    "another's path": { ...mine, path: other.path },
    "a changed path": { ...mine, path: mine.path.with(1, root) },
    "fewer parts": resigned(mine, { parts: 4 }),
    "more parts": resigned(mine, { parts: 9 }),
    "one part": resigned(mine, { parts: 1 }),
    "another root": resigned(mine, { root: createMerkleTree([other.part.body]).root }),
    "a node as a part": { ...mine, index: 0, path: mine.path.slice(1) },
  };
  for (const [what, packet] of Object.entries(wrong)) assertEquals(received(packet), "forged", what);
  assertEquals(received(other), "misdirected");
});

Deno.test("§7.2i a root speaks for the replica it names, in its cluster, as a Reply", () => {
  const [mine] = told("r1") as [PartPacket];
  const signedAs = (signer: Signer, kind: DomainKind): PartPacket =>
    withSignature(mine, signer.sign(kind, mine.signed.body));
  const wrong: Readonly<Record<string, PartPacket>> = {
    "signed by another replica": signedAs(signerOf("r2"), "Reply"),
    "signed by its client": signedAs(signerOf("c1"), "Reply"),
    "signed for another cluster": signedAs(signerOf("r1", "another-cluster"), "Reply"),
    "signed as another kind": signedAs(signerOf("r1"), "QueryReply"),
    "another replica's name": resigned(mine, { replica: replicaId("r2") }),
    "other hints": withSignature(resigned(mine, { term: term(4) }), mine.signed.signature),
  };
  for (const [what, packet] of Object.entries(wrong)) assertEquals(received(packet), "forged", what);
  assertEquals(received(resigned(mine, { replica: replicaId("r9") })), "misdirected");
  assertEquals(received(signedAs(signerOf("r1"), "Reply")), "taken");
});

Deno.test("§7.2 however many parts of one replica say the same, it is one voice", () => {
  const tally = createReplyTally(new Set(["r1", "r2", "r3", "r4"]), answersNeeded(4, false));
  const twice = [part("c1", 7), part("c1", 7)];
  const frames = [...sealParts(signerOf("r1"), headOf("r1"), twice), ...sealParts(signerOf("r1"), headOf("r1"), twice)];
  const count = (each: readonly Uint8Array[]) => {
    const packet = decodeReplyPacket(each) as PartPacket;
    assertEquals(received(packet), "taken");
    return countAnswer(tally, packet.signed.message.replica, packet.part.message.answers[0] as Answer);
  };
  for (const each of frames) assertEquals(count(each), null);
  const [second] = sealParts(signerOf("r2"), headOf("r2"), [part("c1", 7)]);
  assertEquals(count(second!)?.outcome, "applied");
});

Deno.test("§7.2 an answer shown to somebody else proves itself with the roster alone, and not with another name on it", () => {
  const [frames] = sealParts(signerOf("r3"), headOf("r3"), CLIENTS.map((client, i) => part(client, i)));
  const shown = decodeReplyPacket(frames!.map((frame) => frame.slice())) as PartPacket;
  const verifier = createVerifier(backend, roster.cluster);
  const key = (id: string) => createKeyRing(roster).replicaKey(replicaId(id))!;
  assert(provesPart(shown, verifier, key("r3")));
  assert(!provesPart(shown, verifier, key("r1")));
  assert(!provesPart(withPart(shown, part("c2", 0)), verifier, key("r3")));
});

Deno.test("§7.2 several parts of one root, at several clients, cost one verification; a wrong part none, and a wrong root one each time", () => {
  let verified = 0;
  const counting: SignatureBackend = {
    ...backend,
    verify: (...claim) => (verified++, backend.verify(...claim)),
  };
  const cache = createVerifiedCache(8);
  const read = (packet: PartPacket): Inbound => {
    const { client } = packet.part.message;
    const inbox = createInbox(client, createKeyRing(roster), createVerifier(counting, roster.cluster, cache));
    return inbox.read("r1", encodePacket(packet), () => true, 0);
  };
  for (const packet of told("r1")) assert("packet" in read(packet));
  assertEquals(verified, 1);
  const [mine] = told("r1") as [PartPacket];
  assertEquals(read(withPart(mine, part("c1", 9))), { dropped: "forged" });
  assertEquals(verified, 1);
  for (const count of [2, 3]) {
    assertEquals(read(resigned(mine, {}, "r2")), { dropped: "forged" });
    assertEquals(verified, count);
  }
});

Deno.test("§7.2 a reply's bytes pass for no other kind's, nor theirs for a reply's", () => {
  const [mine] = told("r1") as [PartPacket];
  const query: MessageOf<"QueryReply"> = {
    ...{ kind: "QueryReply", replica: replicaId("r1"), client: "c1", nonce: 1, ok: true },
    payload: mine.part.body,
  };
  const body = encodeMessage(query);
  const signature = signerOf("r1").sign("QueryReply", body);
  const frames = encodePacket(mine).with(1, body);
  const envelope = frames[0]!.slice();
  envelope.set(signature, 2);
  const inbox = createInbox("c1", createKeyRing(roster), createVerifier(backend, roster.cluster));
  assertEquals(inbox.read("r1", frames.with(0, envelope), () => true, 0), { dropped: "malformed" });
});
