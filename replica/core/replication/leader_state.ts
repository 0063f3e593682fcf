/** What a leader remembers of its followers, and every replica of its last response (§5). */
import type { LogIndex, Millis, ReplicaId, Round } from "../../../protocol/ids.ts";
import type { Budget } from "./pace.ts";

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
