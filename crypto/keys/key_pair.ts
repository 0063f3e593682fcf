/** New keys. */
import { SECRET_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";

export interface KeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A key pair from the system's randomness. */
export function generateKeyPair(backend: SignatureBackend): KeyPair {
  const secretKey = new Uint8Array(SECRET_KEY_BYTES);
  // All but one draw in 2¹²⁸ are secret keys.
  do crypto.getRandomValues(secretKey); while (!backend.isSecretKey(secretKey));
  return { secretKey, publicKey: backend.publicKey(secretKey) };
}
