/** X25519 by the platform. A raw key becomes one that `node:crypto` takes by putting the constant head of its ASN.1 form before it. */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { KEY_BYTES } from "./curve_box.ts";

const PRIVATE_HEAD = Uint8Array.fromHex("302e020100300506032b656e04220420");
const PUBLIC_HEAD = Uint8Array.fromHex("302a300506032b656e032100");

/** Returns the shared secret; null if it does not depend on the secret key, since the public key is of small order. */
export function x25519(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
  let secret: Uint8Array;
  try {
    secret = diffieHellman({ privateKey: privateKeyOf(secretKey), publicKey: importPublicKey(publicKey) });
  } catch {
    // Lengths are right, so all that the platform refuses is a result of zeros.
    return null;
  }
  return secret.some((byte) => byte !== 0) ? new Uint8Array(secret) : null;
}

/** Returns the public key that belongs to `secretKey`. */
export function x25519PublicKey(secretKey: Uint8Array): Uint8Array {
  // The platform computes a public key from a private one, though its types want anything but that.
  const exported = createPublicKey(privateKeyOf(secretKey) as unknown as string).export({
    format: "der",
    type: "spki",
  });
  return new Uint8Array(exported.subarray(PUBLIC_HEAD.length));
}

function privateKeyOf(secretKey: Uint8Array): KeyObject {
  return createPrivateKey({ key: derOf(PRIVATE_HEAD, secretKey), format: "der", type: "pkcs8" });
}

function importPublicKey(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: derOf(PUBLIC_HEAD, publicKey), format: "der", type: "spki" });
}

function derOf(head: Uint8Array, key: Uint8Array): Buffer {
  if (key.length !== KEY_BYTES) throw new RangeError(`A key of ${key.length} bytes, want ${KEY_BYTES}`);
  return Buffer.concat([head, key]);
}
