/**
 * Verifies proofs against a roster: certificates and checkpoints signed by a quorum of its replicas in its epoch, checked without asking anyone. In the `crash`
 * profile nothing is signed, and what passes is no more than the word of whoever brought it (§1.4).
 */
import { sha256Hex } from "../../crypto/digest.ts";
import { createKeyRing, type KeyRing } from "../../crypto/roster/key_ring.ts";
import { epochNameOf, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { Verifier } from "../../crypto/signing/signing.ts";
import { createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../crypto/signing/verified_cache.ts";
import type { CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import { isCertificate, isGenesisState, isStableAtEnd, plausibleCertificate } from "../../protocol/certify.ts";
import type { Genesis, Membership } from "../../protocol/config.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { ofCertificate, ofCheckpointProof, type SignatureClaim } from "../../protocol/signatures.ts";

export class Trust {
  readonly file: RosterFile;
  /** The point before the first entry of the roster's epoch. */
  readonly genesis: Genesis;
  readonly #members: Membership;
  readonly #keys: KeyRing;
  readonly #verifier: Verifier;

  constructor(file: RosterFile, genesis: Genesis, backend: SignatureBackend) {
    this.file = file;
    this.genesis = genesis;
    const { cluster: clusterId, constants, ...roster } = file.roster;
    const replicas = roster.replicas.map(({ id }) => id);
    const clients = new Set(roster.clients.map(({ id }) => id));
    const config = { clusterId, self: replicas[0]!, replicas, clients, constants, seed: 0 };
    this.#members = { config, quorumSizes: quorumOf(replicas.length, constants.profile), genesis };
    this.#keys = createKeyRing(file.roster);
    this.#verifier = createMessageVerifier(constants, backend, epochNameOf(file), createVerifiedCache());
  }

  /**
   * Returns whether a quorum signed the state that `proof` names, and has committed the entry it names (§8.2, §8.3), or it is the state of the genesis. A quorum
   * signs none but at every K-th index and at a stop-sign.
   */
  provesCheckpoint(proof: CheckpointProof): boolean {
    const { stable, commit } = proof;
    return this.#isCertified(proof) && commit.index === stable.index && commit.hash === stable.hash &&
      plausibleCertificate(this.#members, commit) && this.#signed(ofCheckpointProof(proof)) &&
      isCertificate(this.#members, sha256Hex, commit);
  }

  /** Returns whether a quorum has committed the chain up to the point of `certificate` (§5.6). */
  provesCommit(certificate: CommitCertificate): boolean {
    return plausibleCertificate(this.#members, certificate) && this.#signed(ofCertificate(certificate)) &&
      isCertificate(this.#members, sha256Hex, certificate);
  }

  /** Provided the signatures are valid. */
  #isCertified({ stable }: CheckpointProof): boolean {
    return isGenesisState(this.#members, stable) || isStableAtEnd(this.#members, stable);
  }

  /** Returns whether every signature is that of the replica it names (§2.3). */
  #signed(claims: readonly SignatureClaim[]): boolean {
    return claims.every(({ kind, signer, signed: { body, signature } }) => {
      const key = this.#keys.replicaKey(signer as Membership["config"]["self"]);
      return key !== null && this.#verifier.verify(kind, body, signature, key);
    });
  }
}
