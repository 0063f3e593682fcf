/** The core's whole state: a plain record that only the core changes. */
import type { Certificate, CheckpointProof, CommitCertificate, ElectionProof } from "../../protocol/certificate.ts";
import type { CoreConfig } from "../../protocol/config.ts";
import type { Head, SendRequest } from "../../protocol/entry.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import type { ClientId, Digest, LogIndex, Millis, ReplicaId, Round, Seq, Term } from "../../protocol/ids.ts";
import type { Log } from "./log/log.ts";
import type { AppendEntries, Certified, Checkpoint, PreVote, Signed, Vote } from "../../protocol/message.ts";
import type { ChainedEntry, HardState, Outgoing } from "./output.ts";
import type { Budget } from "./replication/pace.ts";
import type { RequestVotePacket } from "../../protocol/packet.ts";
import type { Quorum } from "../../protocol/quorum.ts";
import type { ResponseBook } from "./replication/response_book.ts";
import type { SessionTable } from "../../protocol/snapshot/session_table.ts";
import type { ManifestHead } from "../../protocol/snapshot/snapshot_manifest.ts";
import type { SnapshotWriter } from "../../protocol/snapshot/snapshot_writer.ts";

export type Role = "follower" | "candidate" | "leader";

/** What is known of the current term. All of it is volatile: a restart begins the term without a leader. */
export interface TermView {
  role: Role;
  /** Known only through a valid election proof (§6.7). */
  leader: ReplicaId | null;
  /** The term's foundation, fixed when the term is entered (§6.6). */
  base: Certified | null;
  /** Highest round of the leader's AppendEntries seen. */
  lastRound: Round;
  /** Signed headers of this term's leader by the index they give a hash for; for evidence (§9.1). */
  readonly headers: Map<LogIndex, { readonly hash: Digest; readonly header: Signed<AppendEntries> }>;
  /** Highest point of the log that an AppendEntries of this term confirmed. */
  match: Head | null;
  /** When each replica that sent an AppendEntries was last asked for its election proof; limits how often that is signed. */
  readonly proofAskedAt: Map<ReplicaId, Millis>;
}

/** What the next AppendEntriesResponse has to say. */
export interface Publication {
  due: boolean;
  /** Highest index already listed in a response of this term; acks above it are still to be listed. */
  listed: LogIndex;
  /** When the latest response is published again (§5.7). */
  repeatAt: Millis;
  /** When the latest response went out, and the commit index it shows. */
  publishedAt: Millis;
  shownCommit: LogIndex;
}

/** A candidate's election (§6.4); its base is frozen. */
export interface Candidacy {
  readonly base: Certified;
  readonly certificate: Certificate;
  readonly preVotes: readonly Signed<PreVote>[];
  readonly votes: Map<ReplicaId, Signed<Vote>>;
  repeatAt: Millis;
}

/** A RequestVote waiting for this replica's suspicion or the candidate's turn (§6.2, §6.10). */
export interface PendingVoteRequest {
  readonly packet: RequestVotePacket;
  readonly certificateSince: Millis;
}

/** Elections, as one replica sees them. */
export interface ElectionState {
  /** Failed elections since the last commit progress; doubles the timeout (§6.11). */
  failures: number;
  /** The drawn election timeout in force. */
  timeout: Millis;
  /** When the election timer fires. */
  deadline: Millis;
  /** When this replica began to suspect; null while it does not (§6.1). */
  suspectingSince: Millis | null;
  /** A leader suspected for what it did, until it changes: a code for the log. */
  blamed: { readonly leader: ReplicaId; readonly code: string } | null;
  /** Highest PreVote term each replica has ever signed, as heard. */
  readonly heard: Map<ReplicaId, Term>;
  /** Highest PreVotes heard since suspicion began (§6.3). */
  readonly support: Map<ReplicaId, Signed<PreVote>>;
  /** Since when a PreVote certificate for at least `term` is held, ascending by term and time. */
  certificates: { readonly term: Term; readonly since: Millis }[];
  preVoteAt: Millis;
  preVoteInterval: Millis;
  /** Highest term each replica has placed itself in by anything it signed (§6.1d). */
  readonly placed: Map<ReplicaId, Term>;
  readonly requests: Map<ReplicaId, PendingVoteRequest>;
  candidacy: Candidacy | null;
}

/** How far one follower is, as its leader knows. */
export interface Progress {
  /** Highest index it acked in this term on this leader's chain. */
  match: LogIndex;
  /** Next index to send. */
  next: LogIndex;
  /** Whether the election proof has gone out to it. */
  proofSent: boolean;
  /** Round of the last resend; a complaint about an earlier round is already answered. */
  resentRound: Round;
}

export interface Leadership {
  readonly progress: Map<ReplicaId, Progress>;
  /** Bounds what one follower's complaints can make this leader send. */
  readonly resends: Map<ReplicaId, Budget>;
  /** Last round used. */
  round: Round;
  /** Last index broadcast. */
  broadcast: LogIndex;
  /** When the last heartbeat went out. */
  heartbeatSent: Millis;
}

/** A request under intervention (§7.3). */
export interface Intervention {
  readonly request: Signed<SendRequest>;
  /** When it began to be pending here. */
  readonly since: Millis;
  /** When patience ends. */
  deadline: Millis;
  restarts: number;
  expired: boolean;
  forwardAt: Millis;
  forwardInterval: Millis;
}

/** Requests known and not yet settled. */
export interface RequestState {
  /** Not yet in the log of this leader; a queue for each client, served in turn. */
  readonly pool: Map<ClientId, Map<Seq, Signed<SendRequest>>>;
  /** Seqs in the log above the applied index, so that a leader does not propose them again. */
  readonly proposed: Map<ClientId, Set<Seq>>;
  readonly interventions: Map<ClientId, Map<Seq, Intervention>>;
  /** Patience in force for new interventions. */
  patience: Millis;
  /** Whether the commit index advanced since the last leader change. */
  progressed: boolean;
  /** Whether a request under intervention was settled since then. */
  served: boolean;
}

/** One catch-up in flight (§8.1). */
export interface CatchUp {
  readonly source: ReplicaId;
  readonly nonce: number;
  /** The chain asked for. */
  readonly target: Head;
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
  proof: CheckpointProof | null;
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
  readonly proof: CheckpointProof;
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

export interface CoreState {
  readonly config: CoreConfig;
  readonly sizes: Quorum;
  readonly genesis: Digest;
  randomState: number;
  /** Durable (§4.1): */
  hard: HardState;
  readonly log: Log;
  prepared: Certificate;
  /** Entries under `prepared` that are not on the log (§6.8); behind each other, the first attaches to the log. */
  branch: ChainedEntry[];
  commitIndex: LogIndex;
  commitCertificate: CommitCertificate | null;
  readonly evidence: Evidence[];
  /** Replicated state, rebuilt by applying: */
  appliedIndex: LogIndex;
  sessions: SessionTable;
  /** The durable commit index found at start; nothing is answered before it is applied again (§7.2). */
  readonly replayUntil: LogIndex;
  /** Volatile: */
  readonly term: TermView;
  /** Newest election proof held, of a term at or below currentTerm. */
  proof: ElectionProof | null;
  readonly book: ResponseBook;
  readonly publication: Publication;
  readonly election: ElectionState;
  leadership: Leadership | null;
  readonly requests: RequestState;
  readonly catchUp: CatchUpState;
  readonly checkpoints: CheckpointState;
  transfer: Transfer | null;
  readonly rollCall: RollCallState;
  /** Last vote seen of each replica, for evidence (§9.1). */
  readonly votesSeen: Map<ReplicaId, Signed<Vote>>;
  /** Packets composed since the last flush. */
  outbox: Outgoing[];
}
