import { assert, assertEquals } from "@std/assert";
import { isInTree } from "../../../crypto/signing/merkle_tree.ts";
import { nobleBackend } from "../../../crypto/signing/noble_backend.ts";
import { provesPart } from "../../../crypto/signing/reply_proof.ts";
import { createVerifier } from "../../../crypto/signing/signing.ts";
import { digest } from "../../../protocol/ids.ts";
import type { MessageKind } from "../../../protocol/message.ts";
import type { PartPacket } from "../../../protocol/packet.ts";
import { PACKETS } from "../../../transport/codec/messages/packet_formats.ts";
import {
  certificateCodec,
  checkpointAnswerCodec,
  checkpointProofCodec,
  chunksAnswerCodec,
  type Codec,
  decodeClientPacket,
  decodeMessage,
  decodePeerPacket,
  decodeReplyPacket,
  electionProofCodec,
  encodePacket,
  entriesAnswerCodec,
  entryCodec,
  epochEndCodec,
  epochOf,
  epochsAnswerCodec,
  evidenceCodec,
  helloAnswerCodec,
  type PacketKind,
  queryResultCodec,
} from "../../../transport/codec/mod.ts";
import { GOLDEN_GROUP, GOLDEN_MESSAGES, GOLDEN_PARTS, GOLDEN_QUERY } from "./golden_values.ts";
import golden from "./golden_vectors.json" with { type: "json" };
import { GOLDEN_EPOCH, goldenVectors } from "./golden_vectors.ts";

const DECODERS = { peer: decodePeerPacket, client: decodeClientPacket, reply: decodeReplyPacket };
const CODECS: Readonly<Record<keyof typeof golden.stored, Codec<unknown>>> = {
  certificate: certificateCodec,
  checkpointProof: checkpointProofCodec,
  electionProof: electionProofCodec,
  evidence: evidenceCodec,
  entry: entryCodec,
  queryResult: queryResultCodec,
  checkpointAnswer: checkpointAnswerCodec,
  chunksAnswer: chunksAnswerCodec,
  helloAnswer: helloAnswerCodec,
  epochEnd: epochEndCodec,
  epochsAnswer: epochsAnswerCodec,
  entriesAnswer: entriesAnswerCodec,
};

Deno.test("the format is the one written down in golden_vectors.json", () => {
  assertEquals<unknown>(JSON.parse(JSON.stringify(goldenVectors())), golden);
});

Deno.test("golden bodies decode to their values and are signed as docs/wire.md says", () => {
  const verifier = createVerifier(nobleBackend, golden.cluster);
  const values = [...Object.values(GOLDEN_MESSAGES), GOLDEN_QUERY, GOLDEN_GROUP];
  assertEquals(golden.messages.length, values.length);
  for (const [i, vector] of golden.messages.entries()) {
    const kind = vector.kind as MessageKind;
    const body = Uint8Array.fromHex(vector.body);
    assertEquals<unknown>(decodeMessage(kind, body), values[i]);
    const signature = Uint8Array.fromHex(vector.signature);
    assert(verifier.verify(kind, body, signature, Uint8Array.fromHex(golden.publicKey)), kind);
  }
});

Deno.test("§7.2h golden replies prove their parts, and golden trees their leaves", () => {
  const verifier = createVerifier(nobleBackend, golden.cluster);
  const replies = golden.packets.filter(({ kind }) => kind === "Reply");
  assertEquals(replies.length, GOLDEN_PARTS.length);
  for (const [i, { frames }] of replies.entries()) {
    const packet = decodeReplyPacket(frames.map((frame) => Uint8Array.fromHex(frame))) as PartPacket;
    assert(provesPart(packet, verifier, Uint8Array.fromHex(golden.publicKey)));
    assertEquals<unknown>([packet.index, packet.part.message], [i, GOLDEN_PARTS[i]]);
  }
  for (const { leaves, root, paths } of golden.trees) {
    for (const [i, leaf] of leaves.entries()) {
      assert(isInTree(Uint8Array.fromHex(leaf), i, paths[i]!.map(digest), leaves.length, digest(root)));
    }
  }
});

Deno.test("golden packets and stored values decode and come back as they were", () => {
  for (const { kind, frames } of golden.packets) {
    const decoded = DECODERS[PACKETS[kind as PacketKind].channel](frames.map((frame) => Uint8Array.fromHex(frame)));
    assertEquals<string>(decoded.kind, kind);
    assertEquals(encodePacket(decoded).map((frame) => frame.toHex()), frames);
  }
  for (const [name, bytes] of Object.entries(golden.stored)) {
    const codec = CODECS[name as keyof typeof golden.stored];
    assertEquals(codec.encode(codec.decode(Uint8Array.fromHex(bytes))).toHex(), bytes);
  }
});

Deno.test("§13.6 golden packets of a later epoch name it, and are signed for it alone", () => {
  const { epoch, packets } = golden.later;
  const own = createVerifier(nobleBackend, GOLDEN_EPOCH);
  const first = createVerifier(nobleBackend, golden.cluster);
  const key = Uint8Array.fromHex(golden.publicKey);
  for (const { kind, frames } of packets) {
    const received = frames.map((frame) => Uint8Array.fromHex(frame));
    const decoded = DECODERS[PACKETS[kind as PacketKind].channel](received);
    assertEquals(epochOf(received), epoch);
    assertEquals(encodePacket(decoded, epoch).map((frame) => frame.toHex()), frames);
    if (!("signed" in decoded)) continue;
    const { message, body, signature } = decoded.signed;
    assert(own.verify(message.kind, body, signature, key));
    assert(!first.verify(message.kind, body, signature, key));
  }
});
