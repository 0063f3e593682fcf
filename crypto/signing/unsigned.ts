/**
 * Messages without signatures, in the `crash` profile (§1.4): 64 zero bytes stand in place of one. ECDSA accepts them for no message under no key, and nothing else is
 * accepted there, so that neither profile takes what was made for the other.
 */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { type ProtocolConstants, trustsReplicas } from "../../protocol/config.ts";
import type { SignatureBackend } from "./backend.ts";
import { createSigner, createVerifier, type EpochName, type Signer, type Verifier } from "./signing.ts";
import type { VerifiedCache } from "./verified_cache.ts";

/** The bytes in place of a signature. */
export const UNSIGNED: Uint8Array = new Uint8Array(SIGNATURE_BYTES);

/** Returns whether these bytes are no signature, in the one form there is of that. */
export const isUnsigned = (signature: Uint8Array): boolean =>
  signature.length === SIGNATURE_BYTES && signature.every((byte) => byte === 0);

type Constants = Pick<ProtocolConstants, "profile">;

/** Returns the signer of a member's messages in an epoch with these constants; where nothing is signed, one that does not. */
export function createMessageSigner(
  constants: Constants,
  backend: SignatureBackend,
  secretKey: Uint8Array,
  place: string | EpochName,
): Signer {
  const signer = createSigner(backend, secretKey, place);
  return trustsReplicas(constants) ? { publicKey: signer.publicKey, sign: () => UNSIGNED } : signer;
}

/**
 * Returns the verifier of members' messages in an epoch with these constants. Where nothing is signed it accepts what is not, and says nothing of who
 * made it: its user has to know that from the connection.
 */
export const createMessageVerifier = (
  constants: Constants,
  backend: SignatureBackend,
  place: string | EpochName,
  cache: VerifiedCache | null = null,
): Verifier =>
  trustsReplicas(constants)
    ? { verify: (_kind, _body, signature) => isUnsigned(signature) }
    : createVerifier(backend, place, cache);
