/**
 * Merkle trees of RFC 9162 (section 2.1) over SHA-256: one signature of a root stands for all leaves. A byte in front tells a leaf from a node, so
 * that neither passes for the other; who checks a path has to have the number of leaves from under the signature too.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import { sha256, sha256HexOfTwo, unhex } from "../digest.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = 1;
/** Trees beyond this size are none of ours, and shifts of 32 bits would not do for them. */
const MAX_LEAVES = 2 ** 31;

/** A tree over at least one leaf. */
export interface MerkleTree {
  readonly root: Uint8Array;
  /** Returns the digests beside the way from a leaf to the root, the leaf's neighbour first. */
  path(index: number): Uint8Array[];
}

/** Returns SHA-256(0x00 ‖ leaf). */
const leafHash = (leaf: Uint8Array): Uint8Array => unhex(sha256HexOfTwo(LEAF_PREFIX, leaf));

/** Returns SHA-256(0x01 ‖ left ‖ right). */
function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const node = new Uint8Array(1 + 2 * DIGEST_BYTES);
  node[0] = NODE_PREFIX;
  node.set(left, 1);
  node.set(right, 1 + DIGEST_BYTES);
  return sha256(node);
}

/** Hashes `nodes` in pairs. A last one without a neighbour goes up as it is: its subtree is full, and the rest to its left a power of two. */
function levelAbove(nodes: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
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
 * Returns whether `leaf` is the one at `index` in the tree of `size` leaves with this root (RFC 9162, section 2.1.3.2). The path has to have the
 * very length that a tree of that size has there. Never throws on what others sent.
 */
export function isInTree(
  leaf: Uint8Array,
  index: number,
  path: readonly Uint8Array[],
  size: number,
  root: Uint8Array,
): boolean {
  if (!Number.isInteger(size) || size > MAX_LEAVES) return false;
  if (!Number.isInteger(index) || index < 0 || index >= size) return false;
  if (path.some(({ length }) => length !== DIGEST_BYTES)) return false;
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
  return last === 0 && equalBytes(hash, root);
}
