/** The prepared branch beside a log whose base has moved (§6.8). */
import type { ChainedEntry, Head } from "../../protocol/entry.ts";

/**
 * Returns the part of `branch` that is still of use: the entries above `base` on its chain. A branch that leaves the log below a base,
 * which is committed, conflicts with it and can never be led from. One that the base does not reach is returned unchanged.
 */
export function branchAbove(branch: readonly ChainedEntry[], base: Head): readonly ChainedEntry[] {
  const first = branch[0]?.entry.index;
  if (first === undefined || first > base.index) return branch;
  const above = base.index - first + 1;
  return branch[above - 1]?.hash === base.hash ? branch.slice(above) : [];
}
