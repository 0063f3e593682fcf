/** Members that begin an epoch without its state (§13.7). */
import type { CoreState } from "../state.ts";

/** Returns whether this replica has the state that its epoch began with, or a later one. */
export const holdsState = ({ appliedIndex, genesis }: Pick<CoreState, "appliedIndex" | "genesis">): boolean =>
  appliedIndex >= genesis.index;
