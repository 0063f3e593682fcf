/** A leader's state of its followers, and every replica's state of its last response (§5). */
import type { LogIndex, Millis, ReplicaId, Round } from "../../../protocol/ids.ts";
import type { Handing } from "../offices/office_state.ts";
import type { Budget } from "./pace.ts";
import type { Pipeline } from "./pipeline.ts";

/** State of the next AppendEntriesResponse. */
export interface Publication {
  due: boolean;
  /** Highest index already listed in a response of this term; acks above it are still to be listed. */
  listed: LogIndex;
  /** Time at which the latest response is published again (§5.7). */
  repeatAt: Millis;
  /** Time at which the latest response was published, and the commit index it shows. */
  publishedAt: Millis;
  shownCommit: LogIndex;
}

/** The progress of one follower, as far as its leader knows. */
export interface Progress {
  /** Highest index it acked in this term on this leader's chain. */
  match: LogIndex;
  /** Next index to send. */
  next: LogIndex;
  /** True once the election proof was sent to it. */
  proofSent: boolean;
  /** Round of the last resend; a complaint about an earlier round is already answered. */
  resentRound: Round;
}

/** Requests that are about to come back: how many are enough to propose, and until when fewer wait for more. */
export interface Returning {
  readonly least: number;
  readonly until: Millis;
}

export interface Leadership {
  readonly progress: Map<ReplicaId, Progress>;
  /** Budgets that bound what one follower's complaints can make this leader send. */
  readonly resends: Map<ReplicaId, Budget>;
  /** Last round used. */
  round: Round;
  /** Last index broadcast. */
  broadcast: LogIndex;
  /** Time at which the last heartbeat was sent. */
  heartbeatSent: Millis;
  /** Time at which requests were proposed last. */
  proposedAt: Millis;
  /** Requests that were uncommitted after it last proposed. */
  underWay: number;
  /** Requests that it waits for while nothing is uncommitted. */
  returning: Returning | null;
  readonly pipeline: Pipeline;
  /** The hand-over under way; gone with the leadership (§14.2g). */
  handing: Handing | null;
}
