/** State of catching up: entries from a peer (§8.1), a snapshot (§8.3), a roll call (§8.4). */
import type { Certificate, CheckpointProof } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Digest, Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { ManifestHead } from "../../../protocol/snapshot/snapshot_manifest.ts";
import type { Budget } from "../replication/pace.ts";

/** One catch-up in flight (§8.1). */
export interface CatchUp {
  readonly source: ReplicaId;
  readonly nonce: number;
  /** The point whose chain was asked for; that of the certificate once there is one. */
  target: Head;
  /** The point to which the collected entries attach. */
  readonly anchor: Head;
  readonly collected: ChainedEntry[];
  bytes: number;
  certificate: Certificate | null;
  /** Time by which the source must have answered the last request, and time by which it must have sent everything. */
  deadline: Millis;
  readonly endsAt: Millis;
  /** True once the source was asked a second time for the same entries. */
  askedAgain: boolean;
}

export interface CatchUpState {
  active: CatchUp | null;
  nextNonce: number;
  /** Time since which f + 1 replicas claim more commits than this one has; null while they do not. */
  behindSince: Millis | null;
  /** Catch-ups so far; varies the choice of source. */
  attempts: number;
  /** Catch-ups that failed since the last success; doubles the deadline and, once all sources have failed, the pause (§6.11). */
  failures: number;
  /** No new catch-up begins before this time. */
  retryAt: Millis;
  /** A higher certificate shown with a refusal, to be fetched and adopted for a later term (§6.5). */
  wanted: { readonly certificate: Certificate; readonly from: ReplicaId } | null;
  /** Budgets that bound what one asker can make this replica send. */
  readonly served: Map<ReplicaId, Budget>;
}

/** A request for chunks to one source. */
export interface ChunkRequest {
  readonly nonce: number;
  readonly digests: ReadonlySet<Digest>;
  readonly deadline: Millis;
}

/** A source of chunks, and its record so far. */
export interface ChunkSource {
  /** The request it has not answered yet. */
  request: ChunkRequest | null;
  /** Failures since its last good answer; doubles the pause before it is asked again. */
  failures: number;
  retryAt: Millis;
  /** True once it said that it holds none of the chunks it was asked for. */
  lacksIt: boolean;
}

/** A state transfer in progress (§8.3). */
export interface Transfer {
  readonly target: CheckpointProof;
  readonly startedAt: Millis;
  /** The manifest, as far as it is known. */
  head: ManifestHead | null;
  readonly lists: (readonly Digest[] | null)[];
  /** Chunks received in this very step, which are not on disk yet. */
  readonly fresh: Map<Digest, Uint8Array>;
  /** Chunks still to be asked for, without those asked for and not yet received. */
  readonly missing: Set<Digest>;
  readonly sources: Map<ReplicaId, ChunkSource>;
  nextNonce: number;
  /** Number of chunks and bytes received, for the operator. */
  received: number;
  receivedBytes: number;
  /** True once every chunk is on disk, or will be when this step is durable. */
  complete: boolean;
}

/** Answers to this replica's roll call: the lowest term each replica has answered with (§8.4). */
export interface RollCallState {
  readonly answers: Map<ReplicaId, Term>;
  repeatAt: Millis;
}
