/**
 * Verifies proofs against a roster: certificates and checkpoints signed by a quorum of its replicas, checked without asking anyone. In the `crash` profile
 * nothing is signed, and what passes is no more than the word of whoever brought it (§1.4).
 */
import { ConfigError } from "../../crypto/config_error.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import { createKeyRing, type KeyRing } from "../../crypto/roster/key_ring.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { Verifier } from "../../crypto/signing/signing.ts";
import { createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../crypto/signing/verified_cache.ts";
import type { CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import {
  isCertificate,
  isCheckpointProof,
  plausibleCertificate,
  plausibleCheckpointProof,
} from "../../protocol/certify.ts";
import type { Genesis, Membership } from "../../protocol/config.ts";
import { firstGenesis } from "../../protocol/hash_chain.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { ofCertificate, ofCheckpointProof, type SignatureClaim } from "../../protocol/signatures.ts";

export class Trust {
  readonly roster: Roster;
  /** (0, h₀), the start of the cluster's log. */
  readonly genesis: Genesis;
  readonly #core: Membership;
  readonly #keys: KeyRing;
  readonly #verifier: Verifier;

  /** Throws `ConfigError` on a roster of a later epoch: nothing that was signed there could be checked. */
  constructor(roster: Roster, backend: SignatureBackend) {
    if (roster.epoch > 1) {
      throw new ConfigError(
        `backup: given a cluster in epoch ${roster.epoch}, wanted one whose roster has not changed: backups of later epochs are not there yet`,
      );
    }
    this.roster = roster;
    this.genesis = firstGenesis(sha256Hex, roster.cluster);
    const replicas = roster.replicas.map(({ id }) => id);
    const clients = new Set(roster.clients.map(({ id }) => id));
    const { cluster: clusterId, constants } = roster;
    const config = { clusterId, self: replicas[0]!, replicas, clients, constants, seed: 0 };
    this.#core = { config, quorumSizes: quorumOf(replicas.length, constants.profile), genesis: this.genesis };
    this.#keys = createKeyRing(roster);
    this.#verifier = createMessageVerifier(constants, backend, roster.cluster, createVerifiedCache());
  }

  /** Returns whether a quorum signed the state that `proof` names, and has committed the entry it names (§8.2, §8.3). */
  provesCheckpoint(proof: CheckpointProof): boolean {
    return plausibleCheckpointProof(this.#core, proof) && this.#signed(ofCheckpointProof(proof)) &&
      isCheckpointProof(this.#core, sha256Hex, proof);
  }

  /** Returns whether a quorum has committed the chain up to the point of `certificate` (§5.6). */
  provesCommit(certificate: CommitCertificate): boolean {
    return plausibleCertificate(this.#core, certificate) && this.#signed(ofCertificate(certificate)) &&
      isCertificate(this.#core, sha256Hex, certificate);
  }

  /** Returns whether every signature is that of the replica it names (§2.3). */
  #signed(claims: readonly SignatureClaim[]): boolean {
    return claims.every(({ kind, signer, signed: { body, signature } }) => {
      const key = this.#keys.replicaKey(signer as Membership["config"]["self"]);
      return key !== null && this.#verifier.verify(kind, body, signature, key);
    });
  }
}
