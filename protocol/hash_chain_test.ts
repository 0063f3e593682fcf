import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { sha256Hex } from "../crypto/digest.ts";
import { endOf, entryAfter, GENESIS, request } from "../tests/clauses/support/forge.ts";
import type { ChainedEntry } from "./entry.ts";
import { chainEntry, firstGenesis, genesisHash, nextGenesis } from "./hash_chain.ts";
import { type Digest, logIndex, term } from "./ids.ts";

const sha256 = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

Deno.test("§3.1 h₀ = H(cluster id)", () => {
  assertEquals(genesisHash(sha256Hex, "a cluster"), sha256(new TextEncoder().encode("a cluster")));
});

Deno.test("§3.1 hᵢ = H(hᵢ₋₁ ‖ index ‖ term ‖ H(entry body)), integers as 8 bytes big-endian", () => {
  const body = new Uint8Array([1, 2, 3]);
  const entry = { index: logIndex(2 ** 40 + 7), term: term(2 ** 33 + 5), body, requests: null };
  const { digest, hash } = chainEntry(sha256Hex, GENESIS.hash, entry);
  assertEquals(digest, sha256(body));
  const parts = [Uint8Array.fromHex(GENESIS.hash), uint64(entry.index), uint64(entry.term), Uint8Array.fromHex(digest)];
  assertEquals(hash, sha256(...parts));
});

/** Each entry as its term's increase over the entry before and the bytes of its request. */
type Plan = readonly { readonly up: number; readonly value: string }[];

function build(plan: Plan): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  let at = 1;
  for (const { up, value } of plan) {
    at += up;
    chain.push(entryAfter(chain.length > 0 ? endOf(chain) : GENESIS, at, [request(chain.length + 1, value)]));
  }
  return chain;
}

Deno.test("§3.1 equal hash at equal index ⇔ identical logs up to there (Log Matching)", () => {
  const plan = fc.array(fc.record({ up: fc.nat(1), value: fc.constantFrom("a", "b") }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(plan, plan, (one, other) => {
    const [a, b] = [build(one), build(other)];
    let same = true;
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      same &&= one[i]!.up === other[i]!.up && one[i]!.value === other[i]!.value;
      assertEquals(a[i]!.hash === b[i]!.hash, same, `at index ${i + 1}`);
    }
  }));
});

Deno.test("§3.1 the hash binds an entry's term and index as well as its body", () => {
  const entry = { index: logIndex(1), term: term(1), body: new Uint8Array(2), requests: [] };
  const { hash } = chainEntry(sha256Hex, GENESIS.hash, entry);
  assertNotEquals(chainEntry(sha256Hex, GENESIS.hash, { ...entry, term: term(2) }).hash, hash);
  assertNotEquals(chainEntry(sha256Hex, GENESIS.hash, { ...entry, index: logIndex(2) }).hash, hash);
  assert(/^[0-9a-f]{64}$/.test(hash));
});

Deno.test("the genesis of epoch 1 is (0, h₀); a later one binds the roster, the last entry before and the state there", () => {
  const h0 = genesisHash(sha256Hex, "a cluster");
  assertEquals(firstGenesis(sha256Hex, "a cluster"), { epoch: 1, index: logIndex(0), hash: h0, stateDigest: null });
  const [roster, end, state] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32) as Digest) as [Digest, Digest, Digest];
  const next = nextGenesis(sha256Hex, 2, roster, { index: logIndex(7), hash: end }, state);
  const hash = sha256(...[roster, end, state].map((digest) => Uint8Array.fromHex(digest)));
  assertEquals(next, { epoch: 2, index: logIndex(7), hash: hash as Digest, stateDigest: state });
});
