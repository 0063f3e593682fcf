/** What replicas claim to have committed: claims, not proofs; f + 1 of them ahead of this replica start a catch-up (§8.1). */
import type { Context } from "../context.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { kthHighest } from "../../../protocol/quorum.ts";

/** Takes a replica's claim, if it is its highest. */
export function claimCommit(context: Context, replica: ReplicaId, head: Head): void {
  const { commitClaims } = context.state.responses;
  if (head.index <= (commitClaims.get(replica)?.index ?? -1)) return;
  commitClaims.set(replica, head);
  noteBehind(context);
}

/** A replica has lost what it had committed (§8.4): whatever it claimed before, it has to be told again (§5.7). */
export function forgetClaim(context: Context, replica: ReplicaId): void {
  context.state.responses.commitClaims.delete(replica);
  noteBehind(context);
}

/** This replica's own commit index rose: if others are still ahead, they are from now on. */
export function restartBehind(context: Context): void {
  context.state.catchUp.behindSince = null;
  noteBehind(context);
}

/**
 * Keeps since when f + 1 replicas are ahead. Done whenever a claim or the commit index changes, so that a replica at rest wakes
 * up for it (`nextDeadline`).
 */
function noteBehind({ state: { responses, catchUp, commitIndex, quorumSizes }, now }: Context): void {
  const claimed = kthHighest([...responses.commitClaims].map(([, head]) => head.index), quorumSizes.weak) ?? 0;
  catchUp.behindSince = claimed > commitIndex ? catchUp.behindSince ?? now : null;
}
