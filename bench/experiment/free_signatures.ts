/**
 * Signatures that cost nothing and prove nothing, to measure what real ones cost. They live here alone: nothing that ships can be told to use them, and
 * a replica that is not of the experiment takes none of them.
 */
import { hex } from "../../crypto/digest.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";

/** Whose signatures are free. */
export type Free = "none" | "clients" | "all";
export const FREE: readonly Free[] = ["none", "clients", "all"];

/** Returns `real` but for signatures that are free: those of the members named, and this member's own if it is one of them. */
export function withFreeSignatures(
  real: SignatureBackend,
  free: Free,
  { clients, replicas }: Pick<Roster, "clients" | "replicas">,
  own: "client" | "replica",
): SignatureBackend {
  if (free === "none") return real;
  const members = free === "all" ? [...clients, ...replicas] : clients;
  const keys = new Set(members.map(({ publicKey }) => publicKey));
  return {
    ...real,
    sign: free === "all" || own === "client" ? (digest) => paddedTo(SIGNATURE_BYTES, digest) : real.sign,
    verify: (signature, digest, publicKey) =>
      keys.has(hex(publicKey))
        ? equalBytes(signature.subarray(0, DIGEST_BYTES), digest)
        : real.verify(signature, digest, publicKey),
  };
}

function paddedTo(length: number, bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}
