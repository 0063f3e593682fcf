/** The window (§5.2): how far above its commit index a replica appends and acks what its leader shows it. */
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { type LogIndex, offset } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { hashAt, slice } from "../log/log.ts";
import type { CoreState } from "../state.ts";

/**
 * The highest index it appends or acks: so many entries above the commit index. ⚠ The term's base is always within: Q replicas acked it,
 * and nothing is acked in this term before it. But where f + 1 replicas have committed more it is for catching up to bring that (§8.1).
 */
export function windowEnd({ commitIndex, view, catchUp }: CoreState): LogIndex {
  const base = catchUp.behindSince === null ? view.base?.index ?? 0 : 0;
  return Math.max(commitIndex + LIMITS.maxUncommittedEntries, base) as LogIndex;
}

/** Returns how many of `chained`, which attach to the log, are on it or within the window: all but those at the end. */
export function countWithinWindow(state: CoreState, chained: readonly ChainedEntry[]): number {
  const { log, commitIndex, view } = state;
  const fresh = chained.findIndex(({ entry, hash }) => hashAt(log, entry.index) !== hash);
  if (fresh < 0) return chained.length;
  const end = windowEnd(state);
  const first = chained[fresh]!.entry.index;
  let bytes = sizeOf(slice(log, commitIndex, offset(first, -1)));
  const beyond = chained.slice(fresh).findIndex(({ entry }) => {
    if (entry.index > commitIndex) bytes += entry.body.length;
    const inBase = view.base !== null && entry.index <= view.base.index;
    return entry.index > end || (bytes > LIMITS.maxUncommittedBytes && !inBase);
  });
  return beyond < 0 ? chained.length : fresh + beyond;
}

const sizeOf = (entries: readonly ChainedEntry[]): number =>
  entries.reduce((sum, { entry }) => sum + entry.body.length, 0);

/**
 * Returns whether an ack at `index` in `term` is counted: some way above the commit index, and at the base of the current term and right behind it,
 * however far above that is.
 */
export function countsAckAt({ commitIndex, view, hard }: CoreState, term: number, index: LogIndex): boolean {
  if (index > commitIndex && index <= commitIndex + LIMITS.maxAckWindow) return true;
  return view.base !== null && term === hard.currentTerm && index >= view.base.index &&
    index < view.base.index + LIMITS.maxAcks;
}
