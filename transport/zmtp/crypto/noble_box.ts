/** The box in JavaScript alone, by `@noble/ciphers`: the fall-back, and the check on the fast one. */
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { type CurveBox, MAC_BYTES } from "./curve_box.ts";
import { makeKeyPair, randomBytes, sharedKey } from "./key_agreement.ts";
import { x25519PublicKey } from "./x25519.ts";

export const nobleBox: CurveBox = {
  name: "@noble/ciphers",
  randomBytes,
  makeKeyPair,
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
