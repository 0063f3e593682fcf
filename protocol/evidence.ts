/** Evidence: signed contradictions of one replica (§9.1), transferable and checkable by anyone with the roster. */
import type { Entry } from "./entry.ts";
import type { ReplicaId } from "./ids.ts";
import type { AppendEntries, AppendEntriesResponse, Vote } from "./message.ts";
import type { Signed } from "./signed.ts";

/** Two AppendEntries of one leader and term whose hash lists differ at an index. */
export interface EquivocationEvidence {
  readonly kind: "equivocation";
  readonly culprit: ReplicaId;
  readonly first: Signed<AppendEntries>;
  readonly second: Signed<AppendEntries>;
}
/** Two responses of one replica and term that ack different hashes at one index. */
export interface DoubleAckEvidence {
  readonly kind: "double-ack";
  readonly culprit: ReplicaId;
  readonly first: Signed<AppendEntriesResponse>;
  readonly second: Signed<AppendEntriesResponse>;
}
/** Two votes of one replica in a term that name different candidates or bases. */
export interface DoubleVoteEvidence {
  readonly kind: "double-vote";
  readonly culprit: ReplicaId;
  readonly first: Signed<Vote>;
  readonly second: Signed<Vote>;
}
/**
 * A signed header that covers an entry with a request of bad client signature, or without a well-formed list of requests. `entries` are
 * the header's entries from the first up to and including the bad one, so that its hash can be recomputed.
 */
export interface BadEntryEvidence {
  readonly kind: "bad-entry";
  readonly culprit: ReplicaId;
  readonly header: Signed<AppendEntries>;
  readonly entries: readonly Entry[];
}
export type Evidence = EquivocationEvidence | DoubleAckEvidence | DoubleVoteEvidence | BadEntryEvidence;
