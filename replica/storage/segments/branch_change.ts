/** The change of the prepared branch (§6.8) as a record holds it: what is new at its ends. A log that grows over a long branch writes none of it. */
import type { ChainedEntry } from "../../../protocol/entry.ts";

/** The branch after a change: `below`, then the entries of the branch before from index `from` to `to`, then `above`. */
export interface BranchChange {
  readonly below: readonly ChainedEntry[];
  /** 0 if nothing of the branch before is kept, and so is `to`. */
  readonly from: number;
  readonly to: number;
  readonly above: readonly ChainedEntry[];
}

/** Returns the change that makes `after` of `before`. */
export function branchChange(before: readonly ChainedEntry[], after: readonly ChainedEntry[]): BranchChange {
  const first = after[0]?.entry.index ?? 0;
  const from = Math.max(first, before[0]?.entry.index ?? 0);
  const to = highestShared(before, after, from);
  if (to < from) return { below: after, from: 0, to: 0, above: [] };
  return { below: after.slice(0, from - first), from, to, above: after.slice(to - first + 1) };
}

/** Returns the branch after `change`. Throws RangeError if `before` lacks what it keeps. */
export function changedBranch(before: readonly ChainedEntry[], change: BranchChange): readonly ChainedEntry[] {
  const { below, from, to, above } = change;
  if (from === 0) return below;
  const first = before[0]?.entry.index ?? 0;
  const kept = before.slice(Math.max(0, from - first), to - first + 1);
  if (from < first || kept.length !== to - from + 1) {
    throw new RangeError(`wanted entries ${from} to ${to} of the branch before`);
  }
  return [...below, ...kept, ...above];
}

/** The highest index from `from` on at which both hold the same entry: chains that share one hash share all below (§3.1). */
function highestShared(before: readonly ChainedEntry[], after: readonly ChainedEntry[], from: number): number {
  if (before.length === 0 || after.length === 0) return from - 1;
  const [first, next] = [before[0]!.entry.index, after[0]!.entry.index];
  for (let index = Math.min(first + before.length, next + after.length) - 1; index >= from; index--) {
    if (before[index - first]!.hash === after[index - next]!.hash) return index;
  }
  return from - 1;
}
