/** The box in JavaScript alone, by `@noble/ciphers`: the fall-back, and the check on the fast one. */
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { type BoxSeries, type CurveBox, MAC_BYTES, NONCE_BYTES, PREFIX_BYTES } from "./curve_box.ts";
import { makeKeyPair, randomBytes, sharedKey } from "./key_agreement.ts";
import { x25519PublicKey } from "./x25519.ts";

export const nobleBox: CurveBox = {
  name: "@noble/ciphers",
  randomBytes,
  makeKeyPair,
  publicKeyOf: x25519PublicKey,
  sharedKey,
  series: (key, prefix) => new NobleSeries(key, prefix),
};

class NobleSeries implements BoxSeries {
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(NONCE_BYTES);

  constructor(key: Uint8Array, prefix: Uint8Array) {
    this.#key = key;
    this.#nonce.set(prefix);
  }

  seal(nonce: Uint8Array, head: Uint8Array, body: Uint8Array, into: Uint8Array, at: number): void {
    const plain = new Uint8Array(head.length + body.length);
    plain.set(head);
    plain.set(body, head.length);
    into.set(this.#cipher(nonce).encrypt(plain), at);
  }

  open(nonce: Uint8Array, from: Uint8Array, at: number, length: number, head: Uint8Array): Uint8Array | null {
    if (length < MAC_BYTES + head.length) return null;
    let plain: Uint8Array;
    try {
      plain = this.#cipher(nonce).decrypt(from.subarray(at, at + length));
    } catch {
      return null;
    }
    head.set(plain.subarray(0, head.length));
    return plain.slice(head.length);
  }

  #cipher(nonce: Uint8Array) {
    this.#nonce.set(nonce.subarray(PREFIX_BYTES), PREFIX_BYTES);
    return xsalsa20poly1305(this.#key, this.#nonce);
  }
}
