/** What a replica remembers of checkpoints and the snapshots behind them (§8.2). */
import type { Head } from "../../../protocol/entry.ts";
import type { Digest, LogIndex, Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { SnapshotWriter } from "../../../protocol/snapshot/snapshot_writer.ts";
import type { CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Checkpoint } from "../../../protocol/message.ts";

/** A whole snapshot: what its Checkpoint says, and every chunk of it, those of the manifest included. */
export interface Snapshot extends Head {
  readonly stateDigest: Digest;
  readonly digests: readonly Digest[];
}

/** A snapshot that is being written, a few chunks at a time (§8.2). */
export interface SnapshotInWriting extends Head {
  readonly writer: SnapshotWriter;
}

/** Checkpoints, and the snapshots behind them (§8.2). */
export interface CheckpointState {
  /** Durable: the stable checkpoint this replica would start from. */
  stableProof: CheckpointProof | null;
  /** The chunks of its snapshot. */
  stableDigests: readonly Digest[];
  /** Oldest first; applying waits while there are {@linkcode LIMITS.maxSnapshotsInWriting}. */
  readonly writing: SnapshotInWriting[];
  /** Whole, and not stable yet; oldest first. */
  open: Snapshot[];
  /** Certificates in force when what lies at a checkpoint index was committed, for those above the stable one. */
  readonly commits: Map<LogIndex, CommitCertificate>;
  /** Checkpoints above the stable one, by replica and index. */
  readonly heard: Map<ReplicaId, Map<LogIndex, Signed<Checkpoint>>>;
  /** When the newest open one is published again. */
  repeatAt: Millis;
  /** When each replica that asks for what is stable was told last. */
  readonly toldAt: Map<ReplicaId, Millis>;
  /** Chunks of no snapshot, and when they may go, the earliest first; peers may be fetching them. */
  readonly garbage: Map<Digest, Millis>;
  /** Chunks dropped last; that is durable only after the step. */
  dropped: ReadonlySet<Digest>;
  /** Whether the disk may hold chunks that nothing here knows of, left by a transfer or by an earlier run. */
  strays: boolean;
}
