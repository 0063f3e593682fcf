import { type CurveBox, KEY_BYTES, MAC_BYTES } from "../../../../transport/zmtp/crypto/curve_box.ts";
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
    seal(key, nonce, buffer, at, length) {
      const sum = checksum(key, nonce, buffer, at + MAC_BYTES, length);
      for (let place = 0; place < MAC_BYTES; place++) buffer[at + place] = sum >>> (place % 4 * 8);
    },
    open(key, nonce, buffer, at, length) {
      if (length < MAC_BYTES) return false;
      const sum = checksum(key, nonce, buffer, at + MAC_BYTES, length - MAC_BYTES);
      for (let place = 0; place < MAC_BYTES; place++) {
        if (buffer[at + place] !== ((sum >>> (place % 4 * 8)) & 0xff)) return false;
      }
      return true;
    },
  };
}

function checksum(key: Uint8Array, nonce: Uint8Array, buffer: Uint8Array, at: number, length: number): number {
  let sum = 0x811c_9dc5;
  for (const byte of key) sum = Math.imul(sum ^ byte, 0x0100_0193);
  for (const byte of nonce) sum = Math.imul(sum ^ byte, 0x0100_0193);
  for (let place = at; place < at + length; place++) sum = Math.imul(sum ^ buffer[place]!, 0x0100_0193);
  return sum >>> 0;
}
