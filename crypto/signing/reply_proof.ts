/** The check of an answer, by its client or by anyone with the roster who is shown the packet later (§7.2h). */
import type { PartPacket, ReadPacket } from "../../protocol/packet.ts";
import { isInTree } from "./merkle_tree.ts";
import type { Verifier } from "./signing.ts";

/**
 * Returns whether the owner of `publicKey` told the part of a decoded packet to the client it names: the part is in the tree of the reply, and
 * the reply is signed. The path is checked first, so that a wrong one costs no work on the curve.
 */
export function provesPart(
  { signed: { message, body, signature }, index, path, part }: PartPacket | ReadPacket,
  verifier: Verifier,
  publicKey: Uint8Array,
): boolean {
  return isInTree(part.body, index, path, message.parts, message.root) &&
    verifier.verify(message.kind, body, signature, publicKey);
}
