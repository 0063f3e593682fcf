/** The check of an answer, by its client or by anyone with the roster who is shown the packet later (§7.2h). */
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import { type Digest, digest } from "../../protocol/ids.ts";
import type { PartPacket, ReadPacket } from "../../protocol/packet.ts";
import { isInTree } from "./merkle_tree.ts";
import type { Verifier } from "./signing.ts";
import { isUnsigned } from "./unsigned.ts";

/** The root of a reply that is not signed, which needs no tree (§1.4). */
export const NO_ROOT: Digest = digest("0".repeat(2 * DIGEST_BYTES));

/** Returns whether a part was told by itself and unsigned, as in the `crash` profile. It proves nothing: the connection says who told it (§1.4). */
export const isToldUnsigned = ({ signed: { message, signature }, index, path }: PartPacket | ReadPacket): boolean =>
  message.parts === 1 && message.root === NO_ROOT && index === 0 && path.length === 0 && isUnsigned(signature);

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
