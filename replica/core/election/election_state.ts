/** State of the term and of elections (§6). */
import type { Certificate } from "../../../protocol/certificate.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { Digest, LogIndex, Millis, ReplicaId, Round, Term } from "../../../protocol/ids.ts";
import type { AppendEntries, Certified, HandOver, PreVote, Vote } from "../../../protocol/message.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";

export type Role = "follower" | "candidate" | "leader";

/** The knowledge of the current term. All of it is volatile: a restart begins the term without a leader. */
export interface TermView {
  role: Role;
  /** Known only through a valid election proof (§6.7). */
  leader: ReplicaId | null;
  /** The term's base, fixed when its leader becomes known (§6.6). */
  base: Certified | null;
  /** Highest round of the leader's AppendEntries seen. */
  lastRound: Round;
  /** Signed headers of this term's leader by the index they give a hash for; for evidence (§9.1). */
  readonly headers: Map<LogIndex, { readonly hash: Digest; readonly header: Signed<AppendEntries> }>;
  /** Highest point of the log that an AppendEntries of this term confirmed. */
  match: Head | null;
  /** The first HandOver of this term's leader (§14.3). */
  handOver: HandOver | null;
  /**
   * Time at which each replica that sent an AppendEntries was last asked for its election proof; limits how often such a request is signed.
   */
  readonly proofAskedAt: Map<ReplicaId, Millis>;
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
  readonly packet: PacketOf<"RequestVote">;
  readonly certificateSince: Millis;
}

/** State of elections, as one replica sees them. */
export interface ElectionState {
  /** Failed elections since the last commit progress; doubles the timeout (§6.11). */
  failures: number;
  /** The election timeout in force, drawn at random. */
  timeout: Millis;
  /** Judged time (§14.9) at which the election timer fires. */
  deadline: Millis;
  /** Time at which this replica began to suspect; null while it does not (§6.1). */
  suspectingSince: Millis | null;
  /** A leader suspected for its actions, until it changes, with a code for the log. */
  leaderFault: { readonly leader: ReplicaId; readonly code: string } | null;
  /** Highest PreVote term each replica has ever signed, as heard. */
  readonly heard: Map<ReplicaId, Term>;
  /** Highest PreVotes heard since suspicion began (§6.3). */
  readonly support: Map<ReplicaId, Signed<PreVote>>;
  /** PreVote certificates held: each for at least `term` since `since`, ascending by term and time. */
  certificates: { readonly term: Term; readonly since: Millis }[];
  preVoteAt: Millis;
  preVoteInterval: Millis;
  /** Highest term each replica has placed itself in by anything it signed (§6.1d). */
  readonly placed: Map<ReplicaId, Term>;
  readonly requests: Map<ReplicaId, PendingVoteRequest>;
  candidacy: Candidacy | null;
}
