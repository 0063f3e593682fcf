import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Digest, digest } from "../../protocol/ids.ts";
import { TREE_LEAVES } from "../../tests/vectors/wire/golden_vectors.ts";
import { sha256Hex, unhex } from "../digest.ts";
import { createMerkleTree, isInTree } from "./merkle_tree.ts";

/** Leaves that certificate transparency tests itself with, and the roots of the trees over the first of them. */
const KNOWN_LEAVES = TREE_LEAVES.map(unhex);
const KNOWN_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const MOST = 65;

const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, i) => new TextEncoder().encode(`leaf ${i}`));

/** The largest power of two below `size`. */
function split(size: number): number {
  let power = 1;
  while (2 * power < size) power *= 2;
  return power;
}

const node = (left: Digest, right: Digest): Digest => sha256Hex(Uint8Array.of(1, ...unhex(left), ...unhex(right)));

/** Returns the digest with a bit of byte `at` changed. */
function changed(given: Digest, at: number): Digest {
  const bytes = unhex(given);
  return digest(bytes.with(at, bytes[at]! ^ 1).toHex());
}

/** MTH of RFC 9162, section 2.1.1, word for word. */
function rootByDefinition(leaves: readonly Uint8Array[]): Digest {
  if (leaves.length === 1) return sha256Hex(Uint8Array.of(0, ...leaves[0]!));
  const at = split(leaves.length);
  return node(rootByDefinition(leaves.slice(0, at)), rootByDefinition(leaves.slice(at)));
}

/** PATH of RFC 9162, section 2.1.3.1, word for word. */
function pathByDefinition(index: number, leaves: readonly Uint8Array[]): Digest[] {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
  return index < at
    ? [...pathByDefinition(index, left), rootByDefinition(right)]
    : [...pathByDefinition(index - at, right), rootByDefinition(left)];
}

/** Returns on which side the way from a leaf up comes to each node. */
function turns(index: number, size: number): string {
  if (size === 1) return "";
  const at = split(size);
  return index < at ? `${turns(index, at)}<` : `${turns(index - at, size - at)}>`;
}

/** Calls `check` for each leaf of the trees of every size. */
function everyLeaf(
  check: (leaves: readonly Uint8Array[], index: number, path: Digest[], root: Digest) => void,
) {
  for (let size = 1; size <= MOST; size++) {
    const leaves = leavesOf(size);
    const tree = createMerkleTree(leaves);
    leaves.forEach((_, index) => check(leaves, index, tree.path(index), tree.root));
  }
}

Deno.test("roots are those that certificate transparency knows", () => {
  const roots = KNOWN_LEAVES.map((_, i) => createMerkleTree(KNOWN_LEAVES.slice(0, i + 1)).root);
  assertEquals<string[]>(roots, KNOWN_ROOTS);
});

Deno.test(`roots and paths of trees of 1 to ${MOST} leaves are those of the definition, and prove each leaf`, () => {
  everyLeaf((leaves, index, path, root) => {
    assertEquals(root, rootByDefinition(leaves));
    assertEquals(path, pathByDefinition(index, leaves));
    assert(isInTree(leaves[index]!, index, path, leaves.length, root));
  });
});

Deno.test("another index, leaf or root is refused for each leaf of every tree", () => {
  everyLeaf((leaves, index, path, root) => {
    const leaf = leaves[index]!;
    const near = [1, 2, 4, 8, 16, 32, 64].map((bit) => index ^ bit);
    for (const wrong of [...near, index - 1, index + 1, leaves.length, index + 0.5, NaN, Infinity, index + 2 ** 32]) {
      assert(!isInTree(leaf, wrong, path, leaves.length, root), `index ${wrong}`);
    }
    for (const other of [leaves[index - 1], leaves[index + 1], leaf.subarray(1), Uint8Array.of(...leaf, 0)]) {
      assert(other === undefined || !isInTree(other, index, path, leaves.length, root));
    }
    assert(!isInTree(leaf, index, path, leaves.length, changed(root, 31)));
    assert(!isInTree(leaf, index, path, leaves.length, digest(root.slice(2))));
  });
});

Deno.test("a path that lacks an element, has one more, a changed one, or two in each other's place is refused", () => {
  everyLeaf((leaves, index, path, root) => {
    const refused = (wrong: readonly Digest[]) =>
      assert(!isInTree(leaves[index]!, index, wrong, leaves.length, root), `${index} of ${leaves.length}`);
    for (let at = 0; at <= path.length; at++) refused(path.toSpliced(at, 0, root));
    path.forEach((element, at) => {
      refused(path.toSpliced(at, 1));
      refused(path.with(at, changed(element, at)));
      for (const no of [element.slice(2), `${element}00`, element.toUpperCase(), "", "zz".repeat(32)]) {
        refused(path.with(at, digest(no)));
      }
      if (at > 0) refused(path.with(at, path[at - 1]!).with(at - 1, element));
    });
  });
});

Deno.test("with another number of leaves a path is taken only where that tree has the same shape on the way", () => {
  everyLeaf((leaves, index, path, root) => {
    for (const size of [0, -1, 1.5, NaN, 2 ** 32 + leaves.length]) {
      assert(!isInTree(leaves[index]!, index, path, size, root), `${size}`);
    }
    const { length } = leaves;
    const sizes = [index + 1, index + 2, length - 2, length - 1, length + 1, length + 2, 2 * length, 64, 128];
    for (const size of sizes.filter((each) => each > index)) {
      const sameShape = turns(index, size) === turns(index, leaves.length);
      assertEquals(isInTree(leaves[index]!, index, path, size, root), sameShape);
    }
  });
});

Deno.test("a node passes for no leaf, and a leaf of a node's bytes for no node", () => {
  everyLeaf((leaves, index, path, root) => {
    if (path.length === 0) return;
    const own = sha256Hex(Uint8Array.of(0, ...leaves[index]!));
    const pair = unhex(index % 2 === 0 ? own + path[0]! : path[0]! + own);
    const above = createMerkleTree([pair]);
    for (const size of [Math.ceil(leaves.length / 2), leaves.length - 1, leaves.length]) {
      assert(!isInTree(pair, index >>> 1, path.slice(1), size, root));
      assert(!isInTree(Uint8Array.of(1, ...pair), index >>> 1, path.slice(1), size, root));
    }
    assertNotEquals(above.root, node(own, path[0]!));
  });
});

Deno.test("no path of chance proves anything", () => {
  const random = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => digest(bytes.toHex()));
  const digests = fc.array(random, { maxLength: 12 });
  const leaves = leavesOf(21);
  const { root } = createMerkleTree(leaves);
  fc.assert(fc.property(fc.uint8Array(), fc.integer(), digests, fc.integer(), (leaf, index, path, size) => {
    assert(!isInTree(leaf, index, path, size, root));
  }));
});

Deno.test("a tree has leaves, and paths for those only", () => {
  assertThrows(() => createMerkleTree([]), RangeError, "wanted at least one leaf");
  const tree = createMerkleTree(leavesOf(3));
  for (const index of [-1, 3, 0.5]) assertThrows(() => tree.path(index), RangeError, `given ${index}`);
});
