/**
 * CURVE keys: X25519 key pairs that authenticate and encrypt connections, as signing keys authenticate messages. A member has one of each,
 * and neither can be derived from the other.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { hex, unhex } from "../digest.ts";
import type { KeyPair } from "./key_pair.ts";

/** Bytes of a CURVE key, secret or public. */
export const CURVE_KEY_BYTES = 32;

/** Last byte of the prime 2²⁵⁵ − 19 as X25519 writes numbers, the lowest byte first; all bytes between its first and last are 255. */
const PRIME_TOP = 0x7f;
const PRIME_LOW = 0xed;
/** The five points of low order in their one canonical form: with each of them every secret key agrees on zero. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  "00".repeat(CURVE_KEY_BYTES),
  `01${"00".repeat(CURVE_KEY_BYTES - 1)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(CURVE_KEY_BYTES - 2)}7f`,
]);

/** Returns whether `key` is a number below 2²⁵⁵ − 19. X25519 takes others too, and then one key would have two names in a roster. */
function isCanonical(key: Uint8Array): boolean {
  if (key.length !== CURVE_KEY_BYTES || key[CURVE_KEY_BYTES - 1]! > PRIME_TOP) return false;
  return key[CURVE_KEY_BYTES - 1]! < PRIME_TOP || key.subarray(1, -1).some((byte) => byte !== 0xff) ||
    key[0]! < PRIME_LOW;
}

/** Returns whether `key` is a CURVE public key: 32 bytes in canonical form, and no point of low order. Never throws. */
export const isCurvePublicKey = (key: Uint8Array): boolean => isCanonical(key) && !LOW_ORDER.has(hex(key));

/** Returns whether `key` is 32 bytes that are not all zero; X25519 takes all others. Never throws. */
export const isCurveSecretKey = (key: Uint8Array): boolean =>
  key.length === CURVE_KEY_BYTES && key.some((byte) => byte !== 0);

/** Bytes before an X25519 secret key in PKCS #8 (RFC 8410), the only form in which the platform takes one. */
const PKCS8_HEADER = unhex("302e020100300506032b656e04220420");

/** Returns the public key of a CURVE secret key. Throws `TypeError`, which never repeats the key, if it is none. */
export function curvePublicKey(secretKey: Uint8Array): Uint8Array {
  if (!isCurveSecretKey(secretKey)) {
    throw new TypeError(`CURVE secret key: wanted ${CURVE_KEY_BYTES} bytes, not all zero, given ${secretKey.length}`);
  }
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, secretKey]), format: "der", type: "pkcs8" });
  return new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-CURVE_KEY_BYTES));
}

/** Returns a new CURVE key pair drawn from the system's random source. */
export function generateCurveKeyPair(): KeyPair {
  const secretKey = crypto.getRandomValues(new Uint8Array(CURVE_KEY_BYTES));
  return { secretKey, publicKey: curvePublicKey(secretKey) };
}
