import { type BoxSeries, type CurveBox, KEY_BYTES, MAC_BYTES } from "../../../../transport/zmtp/crypto/curve_box.ts";
import { Random } from "./random.ts";

/**
 * A box without any cryptography, and as quick as that: keys are sums, contents stay in clear, and authenticators are checksums. Millions of handshakes come
 * through, and whoever fuzzes can seal what he likes.
 */
export function toyBox(seed: number): CurveBox {
  const random = new Random(seed);
  return {
    name: "toy",
    randomBytes: (length) => random.bytes(length),
    makeKeyPair() {
      const secretKey = random.bytes(KEY_BYTES);
      return { secretKey, publicKey: secretKey.slice() };
    },
    publicKeyOf: (secretKey) => secretKey.slice(),
    sharedKey: (publicKey, secretKey) => publicKey.map((byte, place) => byte + secretKey[place]!),
    series: (key) => new ToySeries(key),
  };
}

class ToySeries implements BoxSeries {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(nonce: Uint8Array, head: Uint8Array, body: Uint8Array, into: Uint8Array, at: number): void {
    into.set(head, at + MAC_BYTES);
    into.set(body, at + MAC_BYTES + head.length);
    const sum = checksum(this.#key, nonce, into, at + MAC_BYTES, head.length + body.length);
    for (let place = 0; place < MAC_BYTES; place++) into[at + place] = sum >>> (place % 4 * 8);
  }

  open(nonce: Uint8Array, from: Uint8Array, at: number, length: number, head: Uint8Array): Uint8Array | null {
    if (length < MAC_BYTES + head.length) return null;
    const sum = checksum(this.#key, nonce, from, at + MAC_BYTES, length - MAC_BYTES);
    for (let place = 0; place < MAC_BYTES; place++) {
      if (from[at + place] !== ((sum >>> (place % 4 * 8)) & 0xff)) return null;
    }
    head.set(from.subarray(at + MAC_BYTES, at + MAC_BYTES + head.length));
    return from.slice(at + MAC_BYTES + head.length, at + length);
  }
}

function checksum(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, at: number, length: number): number {
  let sum = 0x811c_9dc5;
  for (const byte of key) sum = Math.imul(sum ^ byte, 0x0100_0193);
  for (const byte of nonce) sum = Math.imul(sum ^ byte, 0x0100_0193);
  for (let place = at; place < at + length; place++) sum = Math.imul(sum ^ buffer[place]!, 0x0100_0193);
  return sum >>> 0;
}
