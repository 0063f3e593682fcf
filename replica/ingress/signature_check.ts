/** Checks of signature claims by the roster's keys (§2.3: a signature is checked by the key of the signer the body names). */
import type { KeyRing } from "../../crypto/roster/key_ring.ts";
import type { Verifier } from "../../crypto/signing/signing.ts";
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import type { SetActive } from "../../protocol/message.ts";
import type { SignatureClaim } from "../../protocol/signatures.ts";
import type { Signed } from "../../protocol/signed.ts";

export interface SignatureCheck {
  /** Returns whether the roster lists the claimed signer in the claimed role; costs no work on the curve. */
  knows(claim: SignatureClaim): boolean;
  /** Returns whether the claim holds. That of an unknown signer never does. */
  holds(claim: SignatureClaim): boolean;
  /** Tells which claims are about to be asked for, in this order, so that other threads may begin with them; left out where there are none. */
  ahead?(claims: readonly SignatureClaim[]): void;
  /** Judges a change of the roster, so that its verdict is remembered; left out where nobody remembers it. */
  judge?(command: Uint8Array): void;
  /** Returns whether the operator signed this. */
  isOperators(signed: Signed<SetActive>): boolean;
}

/**
 * Returns a check by `keys`. With a caching verifier, each signature costs work on the curve only once. The operator signs in every profile (§1.4), and has
 * a verifier of its own.
 */
export function createSignatureCheck(
  keys: KeyRing,
  verifier: Verifier,
  operators: Verifier = verifier,
): SignatureCheck {
  const keyOf = ({ role, signer }: SignatureClaim): Uint8Array | null =>
    role === "replica" ? keys.replicaKey(signer as ReplicaId) : keys.clientKey(signer as ClientId);
  const ahead = (claims: readonly SignatureClaim[]): void =>
    verifier.ahead?.(claims.flatMap((claim) => {
      const { kind, signed: { body, signature } } = claim;
      const publicKey = keyOf(claim);
      return publicKey === null ? [] : [{ kind, body, signature, publicKey }];
    }));
  return {
    ...(verifier.ahead === undefined ? {} : { ahead }),
    knows: (claim) => keyOf(claim) !== null,
    holds(claim) {
      const key = keyOf(claim);
      return key !== null && verifier.verify(claim.kind, claim.signed.body, claim.signed.signature, key);
    },
    isOperators: ({ body, signature }) => operators.verify("SetActive", body, signature, keys.operatorKey),
  };
}
