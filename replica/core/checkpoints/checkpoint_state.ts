/** State of checkpoints and the snapshots behind them (§8.2). */
import type { CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { Digest, LogIndex, Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { SnapshotWriter } from "../../../protocol/snapshot/snapshot_writer.ts";

/** A complete snapshot: the content of its Checkpoint, and the digests of all its chunks, including those of the manifest. */
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
  /** Digests of the chunks of its snapshot. */
  stableDigests: readonly Digest[];
  /** Oldest first; applying waits while there are {@linkcode LIMITS.maxSnapshotsInWriting}. */
  readonly writing: SnapshotInWriting[];
  /** Complete snapshots that are not stable yet; oldest first. */
  open: Snapshot[];
  /** Certificates under which the entries at checkpoint indexes above the stable one were committed. */
  readonly commits: Map<LogIndex, CommitCertificate>;
  /** Checkpoints above the stable one, by replica and index. */
  readonly heard: Map<ReplicaId, Map<LogIndex, Signed<Checkpoint>>>;
  /** Time at which the newest open checkpoint is published again. */
  repeatAt: Millis;
  /** Time at which each replica that is behind the stable checkpoint was last told of it. */
  readonly toldAt: Map<ReplicaId, Millis>;
  /** Chunks of no snapshot, and the times from which they may be dropped, earliest first; peers may be fetching them. */
  readonly garbage: Map<Digest, Millis>;
  /** Chunks dropped last; the drop becomes durable only after the step. */
  dropped: ReadonlySet<Digest>;
  /** True while the disk may hold chunks unknown to this state, left by a transfer or by an earlier run. */
  strays: boolean;
}
