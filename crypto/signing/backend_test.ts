import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { backend as anyBackend, BACKENDS } from "../../tests/support/backends.ts";
import { hex, sha256, unhex } from "../digest.ts";
import { generateKeyPair } from "../keys/key_pair.ts";
import type { SignatureBackend } from "./backend.ts";
import { isCanonicalSignature } from "./scalar.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const bytesOf = (value: bigint): Uint8Array => unhex(value.toString(16).padStart(64, "0"));
const scalarOf = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
const signatureOf = (r: bigint, s: bigint): Uint8Array => Uint8Array.of(...bytesOf(r), ...bytesOf(s));

/** Secret keys over the whole range, ends included. */
const secretKeys = fc.bigInt({ min: 1n, max: ORDER - 1n }).map(bytesOf);
const bytesOfLength = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Byte strings of any length, often of a right one. */
const garbage = fc.oneof(fc.uint8Array({ maxLength: 80 }), ...[32, 33, 64, 65].map(bytesOfLength));
const digests = bytesOfLength(32);
const forEveryBackend = (check: (backend: SignatureBackend) => void) => BACKENDS.forEach(check);

const pair = generateKeyPair(anyBackend);
const digest = sha256(Uint8Array.of(1, 2, 3));
const signature = anyBackend.sign(digest, pair.secretKey);
const r = scalarOf(signature.subarray(0, 32));
const s = scalarOf(signature.subarray(32));

Deno.test("all backends derive the same keys, sign the same canonical bytes and accept each other's", () => {
  fc.assert(
    fc.property(secretKeys, digests, (secretKey, message) => {
      const publicKeys = BACKENDS.map((backend) => backend.publicKey(secretKey));
      const signatures = BACKENDS.map((backend) => backend.sign(message, secretKey));
      assertEquals(new Set(publicKeys.map(hex)).size, 1);
      assertEquals(new Set(signatures.map(hex)).size, 1);
      assert(isCanonicalSignature(signatures[0]!));
      forEveryBackend((backend) => assert(backend.verify(signatures[0]!, message, publicKeys[0]!)));
    }),
    { numRuns: 60 },
  );
});

Deno.test("digests at and above the group order are signed alike too", () => {
  for (const value of [0n, ORDER - 1n, ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
    const message = bytesOf(value);
    const signatures = BACKENDS.map((backend) => backend.sign(message, pair.secretKey));
    assertEquals(new Set(signatures.map(hex)).size, 1, `digest ${value}`);
    forEveryBackend((backend) => assert(backend.verify(signatures[0]!, message, pair.publicKey)));
  }
});

for (const part of ["signature", "digest", "public key"] as const) {
  Deno.test(`every single changed bit of the ${part} is refused`, () => {
    const parts = { "signature": signature, "digest": digest, "public key": pair.publicKey };
    for (let bit = 0; bit < 8 * parts[part].length; bit++) {
      const changed = parts[part].slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const given = { ...parts, [part]: changed };
      forEveryBackend((backend) =>
        assert(!backend.verify(given.signature, given.digest, given["public key"]), `${backend.name}, bit ${bit}`)
      );
    }
  });
}

Deno.test("the high-S twin of a valid signature is refused", () => {
  fc.assert(
    fc.property(secretKeys, digests, (secretKey, message) => {
      const low = anyBackend.sign(message, secretKey);
      const twin = signatureOf(scalarOf(low.subarray(0, 32)), ORDER - scalarOf(low.subarray(32)));
      const publicKey = anyBackend.publicKey(secretKey);
      forEveryBackend((backend) => assert(!backend.verify(twin, message, publicKey), backend.name));
    }),
    { numRuns: 30 },
  );
});

Deno.test("r and s of zero, of the order and above it are refused", () => {
  const outside = [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n];
  const pairs = outside.flatMap((value) => [[value, s], [r, value], [value, value]] as const);
  for (const [first, second] of pairs) {
    const forged = signatureOf(first, second);
    assert(!isCanonicalSignature(forged));
    forEveryBackend((backend) => assert(!backend.verify(forged, digest, pair.publicKey), `${first}, ${second}`));
  }
});

Deno.test("the low half of S ends at (n - 1) / 2", () => {
  const half = (ORDER - 1n) / 2n;
  assert(isCanonicalSignature(signatureOf(ORDER - 1n, half)));
  assert(!isCanonicalSignature(signatureOf(ORDER - 1n, half + 1n)));
});

Deno.test("garbage of any length is false for every backend and never throws", () => {
  fc.assert(
    fc.property(garbage, garbage, garbage, (a, b, c) => {
      forEveryBackend((backend) => {
        assert(!backend.verify(a, b, c));
        assert(!backend.verify(signature, digest, c));
        assert(!backend.verify(signature, b, pair.publicKey));
        assert(!backend.verify(a, digest, pair.publicKey));
      });
    }),
    { numRuns: 200 },
  );
});

Deno.test("backends agree on what is a key, for garbage of the right length", () => {
  const compressed = fc.tuple(fc.constantFrom(2, 3, 4), fc.uint8Array({ minLength: 32, maxLength: 32 }));
  fc.assert(
    fc.property(compressed, garbage, ([prefix, x], other) => {
      const key = Uint8Array.of(prefix, ...x);
      for (const isKey of ["isPublicKey", "isSecretKey"] as const) {
        for (const given of [key, x, other]) {
          assertEquals(new Set(BACKENDS.map((backend) => backend[isKey](given))).size, 1);
        }
      }
      assertEquals(new Set(BACKENDS.map((backend) => backend.verify(signature, digest, key))).size, 1);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a point has one form: the compressed one with x below the field's prime", () => {
  const prime = 2n ** 256n - 2n ** 32n - 977n;
  // x = 1 is on the curve, so x = prime + 1 would be the same point to a lenient decoder.
  forEveryBackend((backend) => {
    assert(backend.isPublicKey(Uint8Array.of(2, ...bytesOf(1n))));
    assert(!backend.isPublicKey(Uint8Array.of(2, ...bytesOf(prime + 1n))));
    assert(!backend.isPublicKey(Uint8Array.of(2, ...bytesOf(5n))), "x = 5 belongs to no point");
    assert(!backend.isPublicKey(Uint8Array.of(0)), "infinity");
    for (const prefix of [0, 1, 4, 5, 6, 7]) assert(!backend.isPublicKey(Uint8Array.of(prefix, ...bytesOf(1n))));
  });
});

Deno.test("secret keys range from 1 to n - 1", () => {
  forEveryBackend((backend) => {
    for (const inside of [1n, ORDER - 1n]) assert(backend.isSecretKey(bytesOf(inside)));
    for (const outside of [0n, ORDER, 2n ** 256n - 1n]) assert(!backend.isSecretKey(bytesOf(outside)));
    for (const length of [0, 31, 33]) assert(!backend.isSecretKey(new Uint8Array(length).fill(1)));
  });
});

Deno.test("signing with what is no key or digest throws, and names lengths only", () => {
  forEveryBackend((backend) => {
    assertThrows(() => backend.sign(digest, bytesOf(0n)), TypeError, "given one outside that range");
    assertThrows(() => backend.sign(digest, new Uint8Array(31).fill(9)), TypeError, "given 31 bytes");
    assertThrows(() => backend.publicKey(bytesOf(ORDER)), TypeError, "secret key: wanted 32 bytes in [1, n − 1]");
    assertThrows(() => backend.sign(new Uint8Array(31), pair.secretKey), TypeError, "wanted 32 bytes, given 31");
    assertThrows(() => backend.sign(new Uint8Array(33), pair.secretKey), TypeError, "wanted 32 bytes, given 33");
  });
});

Deno.test("views into larger buffers are read at their offset", () => {
  const packed = Uint8Array.of(0xee, ...signature, 0xee, ...digest, 0xee, ...pair.publicKey, ...pair.secretKey, 0xee);
  const [packedSignature, packedDigest] = [packed.subarray(1, 65), packed.subarray(66, 98)];
  const [packedPublic, packedSecret] = [packed.subarray(99, 132), packed.subarray(132, 164)];
  forEveryBackend((backend) => {
    assert(backend.verify(packedSignature, packedDigest, packedPublic));
    assertEquals(hex(backend.sign(packedDigest, packedSecret)), hex(signature));
    assertEquals(hex(backend.publicKey(packedSecret)), hex(pair.publicKey));
    assert(backend.isPublicKey(packedPublic) && backend.isSecretKey(packedSecret));
  });
});

Deno.test("answers stay the same when calls are compiled, for views at any offset", () => {
  const packed = new Uint8Array(256);
  const at = (offset: number, bytes: Uint8Array): Uint8Array => {
    packed.set(bytes, offset);
    return packed.subarray(offset, offset + bytes.length);
  };
  for (const backend of BACKENDS.filter(({ name }) => name !== "noble")) {
    for (let i = 0; i < 4000; i++) {
      const offset = i % 16;
      const given = at(offset, signature);
      const signed = at(offset + 80, digest);
      signed[31]! ^= i & 1;
      assertEquals(
        backend.verify(given, signed, at(offset + 128, pair.publicKey)),
        (i & 1) === 0,
        `${backend.name}, ${i}`,
      );
    }
    for (let i = 0; i < 100_000; i++) {
      if (!backend.isSecretKey(at(i % 16, pair.secretKey))) throw new Error(`${backend.name}: refused at ${i}`);
    }
  }
});
