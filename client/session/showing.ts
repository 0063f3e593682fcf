/** Showing what has waited for long to all replicas, so that each can judge the leader by it (§14.7a). */
import type { Outstanding } from "./grouping.ts";
import type { Session } from "./session_state.ts";
import type { SessionEffect } from "./session_types.ts";

/** Returns the request with the lowest seq that is under way in the session in use; undefined if there is none. */
function lowestOf({ outstanding, current }: Session): Outstanding | undefined {
  return outstanding.values().find(({ session }) => session === current?.id); // they are in the order of their seqs
}

/** Returns the time at which the lowest seq under way is to be shown; Infinity if nothing is. */
export function showDue(session: Session): number {
  const { config: { showAfterMs }, shownAt } = session;
  const lowest = showAfterMs > 0 ? lowestOf(session) : undefined;
  return lowest === undefined ? Infinity : Math.max(lowest.sentAt + showAfterMs, shownAt + 2 * showAfterMs);
}

/** Shows the lowest seq under way if that is due, however long answers have been taking: it goes to all, as it is. */
export function showLowest(session: Session, now: number): SessionEffect[] {
  if (now < showDue(session)) return [];
  session.shownAt = now;
  return [{ effect: "send", request: lowestOf(session)!.request, to: "all", intervention: false }];
}
