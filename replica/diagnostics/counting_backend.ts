/** A signature backend that counts its work, so that a turn of the event loop can bound it. */
import type { Claim, SignatureBackend } from "../../crypto/signing/backend.ts";
import type { VerifiedCache } from "../../crypto/signing/verified_cache.ts";

/** Work done so far. */
export interface SignatureWork {
  signed: number;
  /** Checks on the curve; signatures remembered as verified cost none. */
  verified: number;
}

/** Returns `backend` with its work counted in `work`. */
export function countingBackend(
  backend: SignatureBackend,
): { readonly backend: SignatureBackend; readonly work: Readonly<SignatureWork> } {
  const work: SignatureWork = { signed: 0, verified: 0 };
  return {
    work,
    backend: {
      name: backend.name,
      ...(backend.ahead === undefined ? {} : { ahead: (claims: readonly Claim[]) => backend.ahead!(claims) }),
      publicKey: (secretKey) => backend.publicKey(secretKey),
      isPublicKey: (key) => backend.isPublicKey(key),
      isSecretKey: (key) => backend.isSecretKey(key),
      sign(digest, secretKey) {
        work.signed++;
        return backend.sign(digest, secretKey);
      },
      verify(signature, digest, publicKey) {
        work.verified++;
        return backend.verify(signature, digest, publicKey);
      },
    },
  };
}

/** Returns `cache` with what is found there counted in `counts`; `cache` itself if nobody counts. */
export function countingCache(cache: VerifiedCache, counts: { cached: number } | null): VerifiedCache {
  if (counts === null) return cache;
  return {
    has(key) {
      const found = cache.has(key);
      if (found) counts.cached++;
      return found;
    },
    add: (key) => cache.add(key),
    get size() {
      return cache.size;
    },
  };
}
