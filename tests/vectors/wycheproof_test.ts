/** Wycheproof's ECDSA vectors on every backend, with the exact number of each outcome. */
import { assert, assertEquals } from "@std/assert";
import { sha256, unhex } from "../../crypto/digest.ts";
import { BACKENDS } from "../support/backends.ts";

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid";
}
interface Group {
  readonly publicKey: { readonly uncompressed: string };
  readonly tests: readonly Vector[];
}
const file: { readonly numberOfTests: number; readonly testGroups: readonly Group[] } = JSON.parse(
  await Deno.readTextFile(new URL("ecdsa_secp256k1_sha256_p1363_test.json", import.meta.url)),
);

/** n of secp256k1, written out here so that the expectation does not come from the code under test. */
const HALF_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n / 2n;
const isHighS = (signature: string): boolean => BigInt(`0x${signature.slice(64)}`) > HALF_ORDER;

function compress(uncompressed: Uint8Array): Uint8Array {
  assertEquals([uncompressed.length, uncompressed[0]], [65, 4]);
  return Uint8Array.of(2 + (uncompressed[64]! & 1), ...uncompressed.subarray(1, 33));
}

type Outcome = "valid, low S" | "valid, high S" | "invalid";
const outcome = ({ result, sig }: Vector): Outcome =>
  result === "invalid" ? "invalid" : isHighS(sig) ? "valid, high S" : "valid, low S";

for (const backend of BACKENDS) {
  Deno.test(`${backend.name}: accepts exactly the valid low-S vectors, under compressed keys only`, () => {
    const counts: Record<Outcome, number> = { "valid, low S": 0, "valid, high S": 0, "invalid": 0 };
    for (const { publicKey, tests } of file.testGroups) {
      const uncompressed = unhex(publicKey.uncompressed);
      const key = compress(uncompressed);
      assert(backend.isPublicKey(key) && !backend.isPublicKey(uncompressed));
      for (const vector of tests) {
        const [signature, digest] = [unhex(vector.sig), sha256(unhex(vector.msg))];
        const expected = outcome(vector);
        const label = `vector ${vector.tcId} (${vector.comment}), ${expected}`;
        assertEquals(backend.verify(signature, digest, key), expected === "valid, low S", label);
        assert(!backend.verify(signature, digest, uncompressed), `${label}, uncompressed key`);
        counts[expected]++;
      }
    }
    assertEquals(counts, { "valid, low S": 95, "valid, high S": 72, "invalid": 85 });
    assertEquals(file.numberOfTests, 252);
  });
}
