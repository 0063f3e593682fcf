/** Commit points that replicas claim: claims, not proofs; f + 1 of them ahead of this replica start a catch-up (§8.1). */
import type { Head } from "../../../protocol/entry.ts";
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { kthHighest } from "../../../protocol/quorum.ts";
import type { Context } from "../context.ts";

/** Records a replica's claim, if it is its highest. */
export function claimCommit(context: Context, replica: ReplicaId, head: Head): void {
  const { commitClaims } = context.state.responses;
  if (head.index <= (commitClaims.get(replica)?.index ?? -1)) return;
  commitClaims.set(replica, head);
  noteBehind(context);
}

/** Forgets a replica's claim: it has lost what it had committed (§8.4) and must be told again (§5.7). */
export function forgetClaim(context: Context, replica: ReplicaId): void {
  context.state.responses.commitClaims.delete(replica);
  noteBehind(context);
}

/** Restarts the time since which others are ahead, after this replica's own commit index rose. */
export function restartBehind(context: Context): void {
  context.state.catchUp.behindSince = null;
  noteBehind(context);
}

/**
 * Counts on from `since` where others are ahead even of a snapshot just installed (§8.3i): it was behind them all along, and they may drop the
 * entries behind it any moment.
 */
export function resumeBehind({ state: { catchUp } }: Context, since: Millis | null): void {
  if (catchUp.behindSince !== null) catchUp.behindSince = since ?? catchUp.behindSince;
}

/**
 * Records the time since which f + 1 replicas are ahead. Called whenever a claim or the commit index changes, so that an idle replica wakes
 * up for it (`nextDeadline`).
 */
function noteBehind({ state: { responses, catchUp, commitIndex, quorumSizes }, now }: Context): void {
  const claimed = kthHighest([...responses.commitClaims].map(([, head]) => head.index), quorumSizes.weak) ?? 0;
  catchUp.behindSince = claimed > commitIndex ? catchUp.behindSince ?? now : null;
}
