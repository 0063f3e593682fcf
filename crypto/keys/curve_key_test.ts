import { x25519 } from "@noble/curves/ed25519.js";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { hex, unhex } from "../digest.ts";
import { curvePublicKey, generateCurveKeyPair, isCurvePublicKey, isCurveSecretKey } from "./curve_key.ts";

const ZEROS = "00".repeat(32);
/** 2²⁵⁵ − 19 plus `add`, with the lowest byte first. */
const prime = (add: number): string => `${(0xed + add).toString(16)}${"ff".repeat(30)}7f`;

Deno.test("public keys are those that RFC 7748 gives (section 6.1)", () => {
  const pairs = {
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a":
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb":
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  };
  for (const [secret, key] of Object.entries(pairs)) {
    assertEquals(hex(curvePublicKey(unhex(secret))), key);
  }
});

Deno.test("new pairs are sound and agree with each other", () => {
  const [a, b] = [generateCurveKeyPair(), generateCurveKeyPair()];
  for (const pair of [a, b]) {
    assert(isCurveSecretKey(pair.secretKey) && isCurvePublicKey(pair.publicKey));
    assertEquals(curvePublicKey(pair.secretKey), pair.publicKey);
    assertEquals(x25519.getPublicKey(pair.secretKey), pair.publicKey);
  }
  assertEquals(x25519.getSharedSecret(a.secretKey, b.publicKey), x25519.getSharedSecret(b.secretKey, a.publicKey));
});

Deno.test("points of low order and other forms of a key are no public keys", () => {
  const lowOrder = [
    ...[ZEROS, `01${"00".repeat(31)}`, prime(-1)],
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  ];
  const { secretKey, publicKey } = generateCurveKeyPair();
  for (const point of lowOrder) {
    assertThrows(() => x25519.getSharedSecret(secretKey, unhex(point)), Error, undefined, point);
    assert(!isCurvePublicKey(unhex(point)), point);
  }
  for (const alias of [prime(0), prime(1), prime(18), "ff".repeat(32), `${"00".repeat(31)}80`]) {
    assert(!isCurvePublicKey(unhex(alias)), alias);
  }
  // X25519 ignores the highest bit: it would be the same key under another name.
  const twin = publicKey.with(31, publicKey[31]! | 0x80);
  assertEquals(x25519.getSharedSecret(secretKey, twin), x25519.getSharedSecret(secretKey, publicKey));
  assert(!isCurvePublicKey(twin));
  assert(isCurvePublicKey(unhex(prime(-2))) && isCurvePublicKey(unhex(`02${"00".repeat(31)}`)));
  for (const length of [0, 31, 33]) assert(!isCurvePublicKey(new Uint8Array(length).fill(9)));
});

Deno.test("secret keys are 32 bytes that are not all zero", () => {
  assert(!isCurveSecretKey(new Uint8Array(32)));
  assert(!isCurveSecretKey(new Uint8Array(31).fill(1)));
  assert(isCurveSecretKey(new Uint8Array(32).with(7, 1)));
  assertThrows(() => curvePublicKey(new Uint8Array(32)), TypeError, "not all zero");
});
