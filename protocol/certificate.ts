/** Certificates and proofs: collections of other replicas' signed bytes that convince anyone with the roster. */
import type { Head, Link } from "./entry.ts";
import type { Digest } from "./ids.ts";
import type { AppendEntriesResponse, Certified, Checkpoint, Vote } from "./message.ts";
import type { Signed } from "./signed.ts";

/** A prepare certificate (§5.5): responses of `term` from Q different replicas, all acking (index, hash). Genesis (0, 0, h₀) has none. */
export interface PrepareCertificate extends Certified {
  readonly kind: "prepare";
  readonly responses: readonly Signed<AppendEntriesResponse>[];
}

/**
 * A commit certificate (§5.6): reports of Q different replicas, response term = prepared.term = `term`, each at or above `index`. `links`
 * run from index+1 to the highest report, so that every report's hash can be recomputed from `hash`. Counts as a prepare certificate of
 * that rank.
 */
export interface CommitCertificate extends Certified {
  readonly kind: "commit";
  readonly links: readonly Link[];
  readonly responses: readonly Signed<AppendEntriesResponse>[];
}
export type Certificate = PrepareCertificate | CommitCertificate;

/** An election proof (§6.7): the base certificate and Q votes of different replicas that all name the same term, candidate and base. */
export interface ElectionProof {
  readonly base: Certificate;
  readonly votes: readonly Signed<Vote>[];
}

/** A stable checkpoint (§8.2): Checkpoints of Q different replicas that all name the same index, hash and state digest. */
export interface StableCheckpoint extends Head {
  readonly stateDigest: Digest;
  readonly checkpoints: readonly Signed<Checkpoint>[];
}

/** The proof of a snapshot (§8.3): the stable checkpoint, and a commit certificate of exactly its index and hash. */
export interface CheckpointProof {
  readonly stable: StableCheckpoint;
  readonly commit: CommitCertificate;
}
