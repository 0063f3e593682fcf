import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { backend, BACKENDS } from "../../tests/support/backends.ts";
import { hex, sha256 } from "../digest.ts";
import { generateKeyPair } from "../keys/key_pair.ts";
import type { SignatureBackend } from "./backend.ts";
import { createSigner, createVerifier, DOMAIN_KINDS, domainPrefix, type EpochName, signingDomain } from "./signing.ts";
import { createVerifiedCache } from "./verified_cache.ts";

const { secretKey, publicKey } = generateKeyPair(backend);
const body = new TextEncoder().encode("body");

/** The backend, counting verifications. */
function counting(): { readonly backend: SignatureBackend; readonly count: () => number } {
  let count = 0;
  const counted: SignatureBackend = {
    ...backend,
    verify(signature, digest, key) {
      count++;
      return backend.verify(signature, digest, key);
    },
  };
  return { backend: counted, count: () => count };
}

Deno.test("the digest signed is SHA-256 over len8(tag), tag, len8(cluster), cluster, body", () => {
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const wanted = sha256(Uint8Array.of(...text("bft-raft/v2/PreVote"), ...text("cluster-a"), ...body));
  for (const each of BACKENDS) {
    const signer = createSigner(each, secretKey, "cluster-a");
    assertEquals(hex(signer.publicKey), hex(publicKey));
    assertEquals(hex(signer.sign("PreVote", body)), hex(each.sign(wanted, secretKey)));
  }
});

Deno.test("a signature counts for its own kind and cluster only", () => {
  const signer = createSigner(backend, secretKey, "a");
  const [own, other] = [createVerifier(backend, "a"), createVerifier(backend, "b")];
  for (const kind of DOMAIN_KINDS) {
    const signature = signer.sign(kind, body);
    for (const checked of DOMAIN_KINDS) assertEquals(own.verify(checked, body, signature, publicKey), checked === kind);
    assert(!other.verify(kind, body, signature, publicKey));
  }
});

Deno.test("bytes cannot move between cluster id and body", () => {
  const signature = createSigner(backend, secretKey, "ab").sign("Vote", body);
  const shifted = Uint8Array.of("b".charCodeAt(0), ...body);
  assert(!createVerifier(backend, "a").verify("Vote", shifted, signature, publicKey));
});

Deno.test("prefixes of different kinds and clusters are never prefixes of one another", () => {
  const clusters = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(
      fc.constantFrom(...DOMAIN_KINDS),
      clusters,
      fc.constantFrom(...DOMAIN_KINDS),
      clusters,
      (k, c, l, d) => {
        const [first, second] = [hex(domainPrefix(k, c)), hex(domainPrefix(l, d))];
        assertEquals(first.startsWith(second), k === l && c === d);
      },
    ),
  );
});

Deno.test("cluster ids that do not fit their length byte are refused", () => {
  assertThrows(() => createVerifier(backend, "x".repeat(256)), RangeError, "at most 255 bytes of UTF-8, given 256");
});

Deno.test("a signer keeps its own copy of the key", () => {
  const key = secretKey.slice();
  const signer = createSigner(backend, key, "a");
  key.fill(0);
  assert(createVerifier(backend, "a").verify("Vote", body, signer.sign("Vote", body), publicKey));
});

Deno.test("with a cache a signature costs one verification, without it every time", () => {
  const { backend: counted, count } = counting();
  const signature = createSigner(backend, secretKey, "a").sign("Vote", body);
  const cached = createVerifier(counted, "a", createVerifiedCache(16));
  for (let i = 0; i < 3; i++) assert(cached.verify("Vote", body, signature, publicKey));
  assertEquals(count(), 1);
  const plain = createVerifier(counted, "a");
  for (let i = 0; i < 3; i++) assert(plain.verify("Vote", body, signature, publicKey));
  assertEquals(count(), 4);
});

Deno.test("the cache changes no answer: other kind, cluster, body, signature or key is refused, and no failure remembered", () => {
  const cache = createVerifiedCache(16);
  const other = generateKeyPair(backend).publicKey;
  const signature = createSigner(backend, secretKey, "a").sign("Vote", body);
  const verifier = createVerifier(backend, "a", cache);
  assert(verifier.verify("Vote", body, signature, publicKey));
  const changed = signature.map((byte, i) => (i === 63 ? byte ^ 1 : byte));
  const refused = [
    verifier.verify("VoteRefusal", body, signature, publicKey),
    createVerifier(backend, "b", cache).verify("Vote", body, signature, publicKey),
    verifier.verify("Vote", body.subarray(1), signature, publicKey),
    verifier.verify("Vote", body, changed, publicKey),
    verifier.verify("Vote", body, signature, other),
    verifier.verify("Vote", body, Uint8Array.of(...signature, 0), publicKey),
    verifier.verify("Vote", body, signature, new Uint8Array(65)),
  ];
  assertEquals(refused, refused.map(() => false));
  assertEquals(cache.size, 1);
});

/** Kinds that clients and operators sign, for the cluster in all of its epochs. */
const OF_CLUSTER = new Set<string>([
  ...["SendRequest", "RegisterSession", "ClientHello", "FastReads", "GetCommittedCommand", "GetStatus", "SetActive"],
  ...["GetCheckpoint", "GetChunks", "GetEntries", "GetEpochs", "GetFeed", "Roster", "KeyRequest"],
]);

Deno.test("§13.6 what replicas sign is good in one epoch, what clients and operators sign in each", () => {
  const first: EpochName = { cluster: "a", epoch: 1, digest: "0".repeat(64) };
  const second = { ...first, epoch: 2, digest: "1".repeat(64) };
  const places = [first, second, { ...second, digest: "2".repeat(64) }, { ...second, cluster: "b" }];
  for (const kind of DOMAIN_KINDS) {
    for (const place of places) {
      const signature = createSigner(backend, secretKey, place).sign(kind, body);
      for (const other of places) {
        const isGood = place === other || (OF_CLUSTER.has(kind) && place.cluster === other.cluster);
        assertEquals(createVerifier(backend, other).verify(kind, body, signature, publicKey), isGood, kind);
      }
    }
  }
});

Deno.test("§13.6 the domain of epoch 1 is the cluster's id alone, whatever its roster", () => {
  const digest = "ab".repeat(32);
  assertEquals(signingDomain("demo", 1, digest), "demo");
  assertEquals(signingDomain("demo", 2, digest), `demo/${digest}`);
  const [plain, named] = [createVerifier(backend, "demo"), { cluster: "demo", epoch: 1, digest }];
  const signature = createSigner(backend, secretKey, named).sign("Vote", body);
  assert(plain.verify("Vote", body, signature, publicKey));
  createVerifier(backend, { cluster: "x".repeat(64), epoch: 2, digest }); // the longest id fits its length byte
});
