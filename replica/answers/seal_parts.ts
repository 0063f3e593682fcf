/** Signs what clients are told at once: one signature stands for all of it, answers to fast reads too (§7.2h, §7.4). */
import { createMerkleTree } from "../../crypto/signing/merkle_tree.ts";
import { NO_ROOT } from "../../crypto/signing/reply_proof.ts";
import type { Signer } from "../../crypto/signing/signing.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { ReadPart, Reply, ReplyPart } from "../../protocol/message.ts";
import type { PartPacket } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, encodePacket, encodeReadPart, encodeReplyPart } from "../../transport/codec/mod.ts";

/** The fields of a reply beside its tree. */
export type ReplyHead = Pick<Reply, "replica" | "term" | "leader">;

/** Answers to the requests of one client, or to one packet of fast reads. */
export type AnyPart = ReplyPart | ReadPart;

const isRead = (part: AnyPart): part is ReadPart => "payloads" in part;

/** Returns the frames of each part where nothing is signed: each is told by itself (§1.4). */
export function tellParts(signer: Signer, head: ReplyHead, parts: readonly AnyPart[], epoch = 1): Uint8Array[][] {
  const message: Reply = { kind: "Reply", ...head, parts: 1, root: NO_ROOT };
  const body = encodeMessage(message);
  const signed: Signed<Reply> = { message, body, signature: signer.sign(message.kind, body) };
  return parts.map((part) => framesOf(part, bytesOf(part), { signed, index: 0, path: [] }, epoch));
}

const bytesOf = (part: AnyPart): Uint8Array => isRead(part) ? encodeReadPart(part) : encodeReplyPart(part);

const framesOf = (
  message: AnyPart,
  body: Uint8Array,
  place: Pick<PartPacket, "signed" | "index" | "path">,
  epoch: number,
) =>
  isRead(message)
    ? encodePacket({ kind: "ReadReply", ...place, part: { message, body } }, epoch)
    : encodePacket({ kind: "Reply", ...place, part: { message, body } }, epoch);

/** Returns the frames of each part, in their order, in an epoch. Each `LIMITS.maxReplyParts` of them share a signature. */
export function sealParts(signer: Signer, head: ReplyHead, parts: readonly AnyPart[], epoch = 1): Uint8Array[][] {
  const frames: Uint8Array[][] = [];
  for (let i = 0; i < parts.length; i += LIMITS.maxReplyParts) {
    frames.push(...sealTree(signer, head, parts.slice(i, i + LIMITS.maxReplyParts), epoch));
  }
  return frames;
}

function sealTree(signer: Signer, head: ReplyHead, parts: readonly AnyPart[], epoch: number): Uint8Array[][] {
  const leaves = parts.map(bytesOf);
  const tree = createMerkleTree(leaves);
  const message: Reply = { kind: "Reply", ...head, parts: leaves.length, root: tree.root };
  const body = encodeMessage(message);
  const signed: Signed<Reply> = { message, body, signature: signer.sign(message.kind, body) };
  return leaves.map((leaf, index) => framesOf(parts[index]!, leaf, { signed, index, path: tree.path(index) }, epoch));
}
