/**
 * Merkle trees of RFC 9162 (section 2.1) over SHA-256: one signature of a root stands for all leaves. A byte in front tells a leaf from a
 * node, so that neither passes for the other; who checks a path has to have the number of leaves from under the signature too.
 */
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import { digestInto, isHex, sha256Hex, sha256HexOfTwo } from "../digest.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = 1;
/** Trees beyond this size are none of ours, and shifts of 32 bits would not do for them. */
const MAX_LEAVES = 2 ** 31;

/** A tree over at least one leaf. */
export interface MerkleTree {
  readonly root: Digest;
  /** Returns the digests beside the way from a leaf to the root, the leaf's neighbour first. */
  path(index: number): Digest[];
}

/** The bytes of the node being hashed, and their halves: digests are text elsewhere, and new bytes cost more than the hash. */
const node = new Uint8Array(1 + 2 * DIGEST_BYTES).fill(NODE_PREFIX, 0, 1);
const leftHalf = node.subarray(1, 1 + DIGEST_BYTES);
const rightHalf = node.subarray(1 + DIGEST_BYTES);

/** Returns SHA-256(0x00 ‖ leaf). */
const leafHash = (leaf: Uint8Array): Digest => sha256HexOfTwo(LEAF_PREFIX, leaf);

/** Returns SHA-256(0x01 ‖ left ‖ right). */
function nodeHash(left: Digest, right: Digest): Digest {
  digestInto(leftHalf, left);
  digestInto(rightHalf, right);
  return sha256Hex(node);
}

/** Hashes `nodes` in pairs. A last one without a neighbour goes up as it is: its subtree is full, and the rest to its left a power of two. */
function levelAbove(nodes: readonly Digest[]): Digest[] {
  const above: Digest[] = [];
  for (let i = 0; i < nodes.length; i += 2) {
    const right = nodes[i + 1];
    above.push(right === undefined ? nodes[i]! : nodeHash(nodes[i]!, right));
  }
  return above;
}

/** Returns the tree over `leaves`, in their order. Throws `RangeError` if there is none. */
export function createMerkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  if (leaves.length === 0) throw new RangeError("Merkle tree: wanted at least one leaf, given none");
  const levels = [leaves.map(leafHash)];
  while (levels.at(-1)!.length > 1) levels.push(levelAbove(levels.at(-1)!));
  return {
    root: levels.at(-1)![0]!,
    path(index) {
      if (!(index in leaves)) {
        throw new RangeError(`Merkle tree: wanted an index below ${leaves.length}, given ${index}`);
      }
      return levels.flatMap((level, height) => level[(index >>> height) ^ 1] ?? []);
    },
  };
}

/**
 * Returns whether `leaf` is the one at `index` in the tree of `size` leaves with this root (RFC 9162, section 2.1.3.2). The path has to have
 * the very length that a tree of that size has there. Never throws on what others sent.
 */
export function isInTree(
  leaf: Uint8Array,
  index: number,
  path: readonly Digest[],
  size: number,
  root: Digest,
): boolean {
  if (!Number.isInteger(size) || size > MAX_LEAVES) return false;
  if (!Number.isInteger(index) || index < 0 || index >= size) return false;
  if (!path.every((digest) => isHex(digest, DIGEST_BYTES))) return false;
  let hash = leafHash(leaf);
  let at = index;
  let last = size - 1;
  for (const beside of path) {
    if (last === 0) return false;
    // The last node of a level, if it has no neighbour, has none either on those above until it is a right child.
    while (at === last && at % 2 === 0) [at, last] = [at >>> 1, last >>> 1];
    hash = at % 2 === 1 ? nodeHash(beside, hash) : nodeHash(hash, beside);
    [at, last] = [at >>> 1, last >>> 1];
  }
  return last === 0 && hash === root;
}
