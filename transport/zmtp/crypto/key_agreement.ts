/**
 * Keys of CURVE: X25519 by the platform, which is faster than libsodium compiled to WebAssembly, and HSalsa20 behind it by `@noble/ciphers`.
 */
import { hsalsa } from "@noble/ciphers/salsa.js";
import { KEY_BYTES, type KeyPair } from "./curve_box.ts";
import { x25519, x25519PublicKey } from "./x25519.ts";

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export function makeKeyPair(): KeyPair {
  const secretKey = randomBytes(KEY_BYTES);
  return { publicKey: x25519PublicKey(secretKey), secretKey };
}

const SIGMA = wordsOf(new TextEncoder().encode("expand 32-byte k"));
const ZERO_BLOCK = new Uint32Array(4);

/** Computes `crypto_box_beforenm`: HSalsa20 of the X25519 secret. */
export function sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
  const secret = x25519(publicKey, secretKey);
  if (secret === null) return null;
  const words = new Uint32Array(8);
  hsalsa(SIGMA, wordsOf(secret), ZERO_BLOCK, words);
  return bytesOf(words);
}

/** Reads little-endian words, whatever the machine's order is. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, place) => view.getUint32(place * 4, true));
}

function bytesOf(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, place) => view.setUint32(place * 4, word, true));
  return bytes;
}
