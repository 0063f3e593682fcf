/** All that is durable (§4.1): what a restart finds, and the changes of it, which `durable.ts` makes. */
import type { Certificate, CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { Genesis } from "../../../protocol/config.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import type { Digest, LogIndex, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { Certified } from "../../../protocol/message.ts";
import type { Chunk } from "../../../protocol/ports.ts";

/** The vote of the current term (§4.1). */
export interface VoteRecord {
  readonly candidate: ReplicaId;
  readonly base: Certified;
}

/** The small durable record, written as a whole whenever one of its fields changes (§4.1). */
export interface HardState {
  readonly currentTerm: Term;
  readonly vote: VoteRecord | null;
  /** Highest ack of currentTerm. */
  readonly ack: Head | null;
  /** §8.1: catch-up replaced an acked entry, so nothing more is acked in currentTerm. */
  readonly noMoreAcks: boolean;
  /** Highest term this replica has signed a PreVote for; 0 before the first. Told to replicas that lost their disks (§8.4). */
  readonly preVoted: Term;
  /** §8.4: set while this replica, which lost its disk, is a learner; null once it knows what it must not sign. */
  readonly recovery: Recovery | null;
}

/** The progress of a replica that lost its disk in finding out what it may have signed before (§8.4). */
export interface Recovery {
  /** Identifies this recovery to the replicas that answer; 32 random bytes. */
  readonly nonce: Digest;
  /** It signed nothing in any term above this one; null until a quorum has answered. */
  readonly bar: Term | null;
}

/** One change of durable state. Operations are applied in order, in one transaction. */
export type PersistOperation =
  | { readonly op: "hard-state"; readonly state: HardState }
  /** Appends directly after the last entry. */
  | { readonly op: "append"; readonly entries: readonly ChainedEntry[] }
  /** Removes every entry above `after`. */
  | { readonly op: "truncate"; readonly after: LogIndex }
  /** The highest certificate, and those entries under it that are not on the log (§6.8); replaces both. */
  | { readonly op: "prepared"; readonly certificate: Certificate; readonly branch: readonly ChainedEntry[] }
  | { readonly op: "commit"; readonly index: LogIndex; readonly certificate: CommitCertificate }
  | { readonly op: "evidence"; readonly evidence: Evidence }
  /** Chunks of a snapshot that is being written or fetched; writing one again that is held already does no harm. */
  | { readonly op: "chunks"; readonly chunks: readonly Chunk[] }
  /** Chunks that no snapshot needs any more. */
  | { readonly op: "drop-chunks"; readonly digests: readonly Digest[] }
  /** §8.2: the stable checkpoint to start from, all chunks of whose snapshot are held; replaces the one before. */
  | { readonly op: "checkpoint"; readonly proof: CheckpointProof }
  /** §8.2: entries at or below `base`, a point of the log, are dropped. */
  | { readonly op: "compact"; readonly base: Head }
  /** §8.3: the whole log is dropped and continues after `base`, a committed point it does not reach. */
  | { readonly op: "restart-log"; readonly base: Head }
  /** §8.3: the snapshot that is being fetched, so that a restart continues with it; null once there is none. */
  | { readonly op: "transfer"; readonly proof: CheckpointProof | null }
  | BeginEpoch;

/**
 * §13.7: log, certificates, hard state and the guard's record begin anew at the genesis of a later epoch. In its transaction stand no others but those
 * of chunks, and no intents.
 */
export interface BeginEpoch {
  readonly op: "begin-epoch";
  readonly genesis: Genesis;
  /**
   * True if all chunks of the genesis' snapshot are held: the log goes on behind the genesis, which is committed, and the state starts from it. False
   * if they are to be fetched (§13.7): the log is that of an empty disk, and the proof of the genesis is the transfer.
   */
  readonly held: boolean;
  /** §13.9: a learner that has no bar crosses as a learner; null for all others. */
  readonly recovery: Recovery | null;
}

/** The durable state that a restart finds; the initial value stands for an empty disk. */
export interface Recovered {
  /** The genesis of the epoch that all else is of; null in epoch 1, whose genesis follows from the cluster's id. */
  readonly genesis: Genesis | null;
  readonly hardState: HardState;
  /** The point before the first entry: the genesis, or the end of a compacted prefix; null while the log begins at (0, h₀). */
  readonly base: Head | null;
  readonly entries: readonly ChainedEntry[];
  readonly prepared: Certificate | null;
  readonly branch: readonly ChainedEntry[];
  readonly commitIndex: LogIndex;
  readonly commitCertificate: CommitCertificate | null;
  /** Of this epoch (§13.13). */
  readonly evidence: readonly Evidence[];
  /** The stable checkpoint whose snapshot is held: the replicated state starts from it. */
  readonly checkpoint: CheckpointProof | null;
  /** The snapshot that was being fetched. */
  readonly transfer: CheckpointProof | null;
}
