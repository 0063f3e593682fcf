/** Indexes at which checkpoints are due (§8.2). */
import type { Entry } from "../../../protocol/entry.ts";
import { asksForChange } from "../../../protocol/epochs/epoch_end.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { entryAt } from "../log/log.ts";
import type { CoreState } from "../state.ts";

/** Returns whether a checkpoint is due at `index`: at every K-th entry. */
export const isCheckpointIndex = ({ config }: Pick<CoreState, "config">, index: LogIndex): boolean =>
  index > 0 && index % config.constants.checkpointEvery === 0;

/** Returns whether an honest replica may sign a Checkpoint at `index`: a stop-sign may stand wherever this replica does not know better (§13.4). */
export const mayBeCheckpoint = (state: CoreState, index: LogIndex): boolean =>
  isCheckpointIndex(state, index) || index > state.commitIndex || isChangeAlone(entryAt(state.log, index)?.entry);

/** Returns whether an entry may be a stop-sign, as far as can be seen without judging the change in it. */
function isChangeAlone(entry: Entry | undefined): boolean {
  const requests = entry?.requests ?? [];
  return requests.length === 1 && asksForChange(requests[0]!);
}
