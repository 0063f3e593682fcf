/** What a replica remembers of catching up: entries from a peer (§8.1), a snapshot (§8.3), its roll call (§8.4). */
import type { Digest, Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Certificate, CheckpointProof } from "../../../protocol/certificate.ts";
import type { Budget } from "../replication/pace.ts";
import type { ManifestHead } from "../../../protocol/snapshot/snapshot_manifest.ts";

/** One catch-up in flight (§8.1). */
export interface CatchUp {
  readonly source: ReplicaId;
  readonly nonce: number;
  /** The chain asked for; ends where the certificate does, once there is one. */
  target: Head;
  /** Where the collected entries attach. */
  readonly anchor: Head;
  readonly collected: ChainedEntry[];
  bytes: number;
  certificate: Certificate | null;
  /** When the source must have sent what it was asked for last, and when it must have sent everything. */
  deadline: Millis;
  readonly endsAt: Millis;
  /** Whether the source was asked a second time for the same entries. */
  askedAgain: boolean;
}

export interface CatchUpState {
  active: CatchUp | null;
  nextNonce: number;
  /** Since when f + 1 replicas claim more commits than this one has; null while they do not. */
  behindSince: Millis | null;
  /** Turns the choice of source. */
  attempts: number;
  /** Catch-ups that failed since the last success; doubles the deadline and, from the second on, the pause (§6.11). */
  failures: number;
  /** No new catch-up before this. */
  retryAt: Millis;
  /** A higher certificate shown with a refusal, to be fetched and adopted for a later term (§6.5). */
  wanted: { readonly certificate: Certificate; readonly from: ReplicaId } | null;
  /** Bounds what one asker can make this replica send. */
  readonly served: Map<ReplicaId, Budget>;
}

/** What one source was asked for. */
export interface ChunkRequest {
  readonly nonce: number;
  readonly digests: ReadonlySet<Digest>;
  readonly deadline: Millis;
}

/** A source of chunks, as its answers have been. */
export interface ChunkSource {
  /** The request it has not answered yet. */
  request: ChunkRequest | null;
  /** Since its last good answer; doubles the pause before it is asked again. */
  failures: number;
  retryAt: Millis;
  /** Whether it said that it holds nothing of what it was asked for. */
  lacksIt: boolean;
}

/** A state transfer in progress (§8.3). */
export interface Transfer {
  readonly target: CheckpointProof;
  readonly startedAt: Millis;
  /** The manifest, as far as it is known. */
  head: ManifestHead | null;
  readonly lists: (readonly Digest[] | null)[];
  /** Chunks received in this very step, which are not on the disk yet. */
  readonly fresh: Map<Digest, Uint8Array>;
  /** Chunks still to be asked for; those asked for and not received are not among them. */
  readonly missing: Set<Digest>;
  readonly sources: Map<ReplicaId, ChunkSource>;
  nextNonce: number;
  /** Chunks and bytes received, for the operator. */
  received: number;
  receivedBytes: number;
  /** Every chunk is on the disk, or will be once this step is durable. */
  complete: boolean;
}

/** Answers to this replica's roll call: the lowest term each replica has answered with (§8.4). */
export interface RollCallState {
  readonly answers: Map<ReplicaId, Term>;
  repeatAt: Millis;
}
