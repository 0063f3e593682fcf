/**
 * The signature scheme: ECDSA over secp256k1, 64-byte `r‖s`, low-S, nonces according to RFC 6979 (§2.2). All backends give the same
 * answers, byte for byte: replicas that disagree about one signature would fork.
 */
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";

/** Bytes of a secret key. */
export const SECRET_KEY_BYTES = 32;
/** Bytes of a compressed public key, the only form there is here. */
export const PUBLIC_KEY_BYTES = 33;

/**
 * The implementations, from the fastest: the system's libsecp256k1 and the one in npm's package, both by their C functions, the latter by
 * N-API, and noble in TypeScript.
 */
export type BackendName = "libsecp256k1-system" | "libsecp256k1-npm" | "libsecp256k1-napi" | "noble";

/** One implementation of the scheme. None keeps the arrays it is given. */
export interface SignatureBackend {
  /** Logged at start, so that the log of a slow replica explains itself. */
  readonly name: BackendName;
  /** Returns the compressed public key of `secretKey`. Throws `TypeError` if it is not a valid secret key. */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** Returns whether `key` is 33 bytes that encode a point of the curve. Never throws. */
  isPublicKey(key: Uint8Array): boolean;
  /** Returns whether `key` is 32 bytes that encode an integer in [1, n − 1]. Never throws. */
  isSecretKey(key: Uint8Array): boolean;
  /** Signs a digest of 32 bytes. Throws `TypeError` on a digest of another length or an invalid secret key. */
  sign(digest: Uint8Array, secretKey: Uint8Array): Uint8Array;
  /**
   * Returns whether `signature` is a low-S signature of `digest` under `publicKey`. Never throws: wrong lengths, r or s out of range,
   * high S, points off the curve and uncompressed keys all give false.
   */
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** Tells what `verify` is about to be asked for, in this order, so that it may begin elsewhere. Left out where it cannot. Lengths are those of the scheme. */
  ahead?(claims: readonly Claim[]): void;
}

/** A signature, what it is said to be of, and whose. */
export interface Claim {
  readonly signature: Uint8Array;
  readonly digest: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Throws a `TypeError` naming the length, never the bytes, unless the digest is 32 bytes long. */
export function requireDigest(digest: Uint8Array): void {
  if (digest.length === DIGEST_BYTES) return;
  throw new TypeError(`digest to sign: wanted ${DIGEST_BYTES} bytes, given ${digest.length}`);
}

/** Throws a `TypeError` naming the length, never the bytes, unless `key` was found `valid`. */
export function requireSecretKey(key: Uint8Array, valid: boolean): void {
  if (valid) return;
  const given = key.length === SECRET_KEY_BYTES ? "one outside that range" : `${key.length} bytes`;
  throw new TypeError(`secret key: wanted ${SECRET_KEY_BYTES} bytes in [1, n − 1] of secp256k1, given ${given}`);
}
