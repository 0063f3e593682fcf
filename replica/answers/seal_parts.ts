/** Signs what clients are told at once: one signature stands for all of it (§7.2h). */
import { createMerkleTree } from "../../crypto/signing/merkle_tree.ts";
import { NO_ROOT } from "../../crypto/signing/reply_proof.ts";
import type { Signer } from "../../crypto/signing/signing.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Reply, ReplyPart } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, encodePacket, encodeReplyPart } from "../../transport/codec/mod.ts";

/** The fields of a reply beside its tree. */
export type ReplyHead = Pick<Reply, "replica" | "term" | "leader">;

/** Returns the frames of each part where nothing is signed: each is told by itself (§1.4). */
export function tellParts(signer: Signer, head: ReplyHead, parts: readonly ReplyPart[]): Uint8Array[][] {
  const message: Reply = { kind: "Reply", ...head, parts: 1, root: NO_ROOT };
  const body = encodeMessage(message);
  const signed: Signed<Reply> = { message, body, signature: signer.sign(message.kind, body) };
  return parts.map((part) => {
    const encoded = { message: part, body: encodeReplyPart(part) };
    return encodePacket({ kind: "Reply", signed, index: 0, path: [], part: encoded });
  });
}

/** Returns the frames of each part, in their order. Each `LIMITS.maxReplyParts` of them share a signature. */
export function sealParts(signer: Signer, head: ReplyHead, parts: readonly ReplyPart[]): Uint8Array[][] {
  const frames: Uint8Array[][] = [];
  for (let i = 0; i < parts.length; i += LIMITS.maxReplyParts) {
    frames.push(...sealTree(signer, head, parts.slice(i, i + LIMITS.maxReplyParts)));
  }
  return frames;
}

function sealTree(signer: Signer, head: ReplyHead, parts: readonly ReplyPart[]): Uint8Array[][] {
  const leaves = parts.map(encodeReplyPart);
  const tree = createMerkleTree(leaves);
  const message: Reply = { kind: "Reply", ...head, parts: leaves.length, root: tree.root };
  const body = encodeMessage(message);
  const signed: Signed<Reply> = { message, body, signature: signer.sign(message.kind, body) };
  return leaves.map((leaf, index) => {
    const part = { message: parts[index]!, body: leaf };
    return encodePacket({ kind: "Reply", signed, index, path: tree.path(index), part });
  });
}
