/** The reference backend: @noble/curves, plain TypeScript, runs wherever Deno or a browser does. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { requireDigest, requireSecretKey, type SignatureBackend } from "./backend.ts";
import { isCompressedForm, isVerifiable } from "./scalar.ts";

const OPTIONS = { prehash: false, lowS: true, format: "compact" } as const;

const isSecretKey = (key: Uint8Array): boolean => secp256k1.utils.isValidSecretKey(key);

function verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  if (!isVerifiable(signature, digest, publicKey)) return false;
  try {
    return secp256k1.verify(signature, digest, publicKey, OPTIONS);
  } catch {
    return false; // no point of the curve has this x
  }
}

/** The backend that is always available. */
export const nobleBackend: SignatureBackend = {
  name: "noble",
  publicKey(secretKey) {
    requireSecretKey(secretKey, isSecretKey(secretKey));
    return secp256k1.getPublicKey(secretKey, true);
  },
  isPublicKey: (key) => isCompressedForm(key) && secp256k1.utils.isValidPublicKey(key, true),
  isSecretKey,
  sign(digest, secretKey) {
    requireDigest(digest);
    requireSecretKey(secretKey, isSecretKey(secretKey));
    return secp256k1.sign(digest, secretKey, OPTIONS);
  },
  verify,
};
