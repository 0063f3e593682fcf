/** libsecp256k1 through its C functions, with parsed public keys kept: the fastest way to it from here. */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import {
  PUBLIC_KEY_BYTES,
  requireDigest,
  requireSecretKey,
  SECRET_KEY_BYTES,
  type SignatureBackend,
} from "./backend.ts";
import { type CLibrary, OPAQUE_BYTES } from "./c_library.ts";
import { keepParsedKeys } from "./parsed_keys.ts";
import { isCompressedForm, isVerifiable, reduceDigest } from "./scalar.ts";

/** Returns the backend over an open library. Its own buffers are used again for each call. */
export function createFfiBackend(name: SignatureBackend["name"], library: CLibrary): SignatureBackend {
  const parsedSignature = new Uint8Array(OPAQUE_BYTES);
  const parsedKey = new Uint8Array(OPAQUE_BYTES);
  const isSecretKey = (key: Uint8Array): boolean => key.length === SECRET_KEY_BYTES && library.isSecretKey(key);
  const isPublicKey = (key: Uint8Array): boolean => isCompressedForm(key) && library.parsePublicKey(parsedKey, key);
  const parsed = keepParsedKeys((key) => isPublicKey(key) ? parsedKey.slice() : null);
  return {
    name,
    publicKey(secretKey) {
      requireSecretKey(secretKey, isSecretKey(secretKey) && library.createPublicKey(parsedKey, secretKey));
      const compressed = new Uint8Array(PUBLIC_KEY_BYTES);
      library.serializePublicKey(compressed, parsedKey);
      return compressed;
    },
    isPublicKey,
    isSecretKey,
    sign(digest, secretKey) {
      requireDigest(digest);
      const isOfLength = secretKey.length === SECRET_KEY_BYTES;
      requireSecretKey(secretKey, isOfLength && library.sign(parsedSignature, reduceDigest(digest), secretKey));
      const compact = new Uint8Array(SIGNATURE_BYTES);
      library.serializeSignature(compact, parsedSignature);
      return compact;
    },
    verify(signature, digest, publicKey) {
      if (!isVerifiable(signature, digest, publicKey)) return false;
      const key = parsed(publicKey);
      return key !== null && library.parseSignature(parsedSignature, signature) &&
        library.verify(parsedSignature, digest, key);
    },
  };
}
