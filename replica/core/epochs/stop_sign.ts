/** Stop-signs on a log (§13.3): entries that hold a valid change of the roster, behind which the epoch has nothing. */
import type { Entry } from "../../../protocol/entry.ts";
import { asksForChange, stopSignOf } from "../../../protocol/epochs/epoch_end.ts";
import { offset } from "../../../protocol/ids.ts";
import type { RosterChanges } from "../../../protocol/ports.ts";
import { isCheckpointIndex } from "../checkpoints/checkpoint_index.ts";
import { lastIndex, type Log } from "../log/log.ts";
import type { CoreState } from "../state.ts";

/** Returns whether the log ends in a stop-sign. Nothing lies behind one, so no other entry can be one. */
export function endsInStop(log: Log, changes: RosterChanges): boolean {
  const last = log.entries.at(-1);
  return last !== undefined && stopSignOf(last.entry, changes) !== null;
}

/** Returns whether a stop-sign is committed here: nothing more can be ordered in this epoch. */
export const hasStopped = ({ log, commitIndex }: CoreState, changes: RosterChanges): boolean =>
  commitIndex === lastIndex(log) && endsInStop(log, changes);

/**
 * Returns the code of what no honest leader does with a stop-sign, if one of `entries`, which follow one another, shows it (§13.2, §13.3): whatever asks for
 * a change stands alone, so that one is judged for each entry at most; a stop-sign is last, and at no index where a checkpoint is due anyway.
 */
export function stopSignFault(
  { config }: CoreState,
  changes: RosterChanges,
  entries: readonly Entry[],
): string | null {
  for (const [i, entry] of entries.entries()) {
    if (isChangeBesideOthers(entry)) return "change-beside-others";
    const isStop = stopSignOf(entry, changes) !== null;
    if (isStop && i < entries.length - 1) return "behind-a-stop-sign";
    if (isStop && isCheckpointIndex({ config }, entry.index)) return "stop-sign-at-a-checkpoint";
  }
  return null;
}

const isChangeBesideOthers = ({ requests }: Entry): boolean =>
  requests !== null && requests.length > 1 && requests.some(asksForChange);

/** Returns whether the next entry must not be a stop-sign: a snapshot there could be taken for that of a checkpoint like any (§13.2). */
export const mustNotStopNext = (state: CoreState): boolean => isCheckpointIndex(state, offset(lastIndex(state.log), 1));
