/** Range checks of secp256k1 scalars as plain byte comparisons, shared by all backends so that they cannot differ. */
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { unhex } from "../digest.ts";
import { PUBLIC_KEY_BYTES } from "./backend.ts";

const SCALAR_BYTES = 32;
const BYTE_MASK = 0xff;
/** n, the order of the group. */
const ORDER = unhex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
/** (n − 1) / 2, the highest low S. */
const HALF_ORDER = unhex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/** Returns the sign of the big-endian integer at `bytes[at…at+31]` minus `bound`. */
function compareScalar(bytes: Uint8Array, at: number, bound: Uint8Array): number {
  for (let i = 0; i < SCALAR_BYTES; i++) {
    const difference = bytes[at + i]! - bound[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function isZeroScalar(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + SCALAR_BYTES; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Returns whether r is in [1, n − 1] and s in [1, (n − 1) / 2], in exactly 64 bytes. */
export function isCanonicalSignature(signature: Uint8Array): boolean {
  return signature.length === SIGNATURE_BYTES &&
    !isZeroScalar(signature, 0) && compareScalar(signature, 0, ORDER) < 0 &&
    !isZeroScalar(signature, SCALAR_BYTES) && compareScalar(signature, SCALAR_BYTES, HALF_ORDER) <= 0;
}

/** Returns whether a public key has the length and prefix of a compressed one; the point itself is for the backend to check. */
export function isCompressedForm(publicKey: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && (publicKey[0] === 2 || publicKey[0] === 3);
}

/** Returns whether all three are well-formed enough to be worth any work on the curve. */
export function isVerifiable(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  return digest.length === DIGEST_BYTES && isCompressedForm(publicKey) && isCanonicalSignature(signature);
}

/**
 * Returns a 32-byte digest modulo n. RFC 6979 derives the nonce from the reduced digest (`bits2octets`); libsecp256k1 takes the digest as
 * it is, and would sign differently from noble in the one case in 2¹²⁸ where that matters.
 */
export function reduceDigest(digest: Uint8Array): Uint8Array {
  if (compareScalar(digest, 0, ORDER) < 0) return digest;
  const reduced = new Uint8Array(SCALAR_BYTES);
  let borrow = 0;
  for (let i = SCALAR_BYTES - 1; i >= 0; i--) {
    const difference = digest[i]! - ORDER[i]! - borrow;
    reduced[i] = difference & BYTE_MASK;
    borrow = difference < 0 ? 1 : 0;
  }
  return reduced;
}
