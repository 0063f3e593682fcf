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
const ZERO_BLOCK = new Uint8Array(16);

/** Computes `crypto_box_beforenm`: HSalsa20 of the X25519 secret. */
export function sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
  const secret = x25519(publicKey, secretKey);
  return secret && hsalsa20(secret, ZERO_BLOCK);
}

/** Computes the key that HSalsa20 makes of `key` and a block of 16 bytes. */
export function hsalsa20(key: Uint8Array, block: Uint8Array): Uint8Array {
  const words = new Uint32Array(8);
  hsalsa(SIGMA, wordsOf(key), wordsOf(block), words);
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
