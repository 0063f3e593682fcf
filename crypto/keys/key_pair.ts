/** Generation of key pairs. */
import { SECRET_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";

export interface KeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Returns a new key pair drawn from the system's random source. */
export function generateKeyPair(backend: SignatureBackend): KeyPair {
  const secretKey = new Uint8Array(SECRET_KEY_BYTES);
  // All but about one draw in 2¹²⁸ are valid secret keys.
  do crypto.getRandomValues(secretKey); while (!backend.isSecretKey(secretKey));
  return { secretKey, publicKey: backend.publicKey(secretKey) };
}
