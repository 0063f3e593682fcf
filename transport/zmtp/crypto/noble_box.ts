/** The box in JavaScript alone, by `@noble/ciphers`: the fall-back, and the check on the fast one. */
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { type CurveBox, KEY_BYTES, MAC_BYTES } from "./curve_box.ts";
import { x25519, x25519PublicKey } from "./x25519.ts";

export const nobleBox: CurveBox = {
  name: "@noble/ciphers",
  randomBytes,
  makeKeyPair() {
    const secretKey = randomBytes(KEY_BYTES);
    return { publicKey: x25519PublicKey(secretKey), secretKey };
  },
  publicKeyOf: x25519PublicKey,
  sharedKey,
  seal(key, nonce, head, body, into, at) {
    const plain = new Uint8Array(head.length + body.length);
    plain.set(head);
    plain.set(body, head.length);
    into.set(xsalsa20poly1305(key, nonce).encrypt(plain), at);
  },
  open(key, nonce, from, at, length, head) {
    if (length < MAC_BYTES + head.length) return null;
    let plain: Uint8Array;
    try {
      plain = xsalsa20poly1305(key, nonce).decrypt(from.subarray(at, at + length));
    } catch {
      return null;
    }
    head.set(plain.subarray(0, head.length));
    return plain.slice(head.length);
  },
};

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

const SIGMA = wordsOf(new TextEncoder().encode("expand 32-byte k"));
const ZERO_BLOCK = new Uint32Array(4);

/** Computes `crypto_box_beforenm`: HSalsa20 of the X25519 secret. */
function sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
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
