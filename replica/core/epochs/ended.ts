/** The end of the epoch at this replica (§13.4): the checkpoint at the stop-sign is stable, and the core does nothing more. */
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { offset } from "../../../protocol/ids.ts";
import type { RosterChanges } from "../../../protocol/ports.ts";
import { hashAt } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { endsInStop } from "./stop_sign.ts";

/** What is left of an epoch that has ended. */
export interface Ended {
  readonly end: EpochEnd;
  /** True if this replica has the state that the epoch ended with; else it has to fetch it in the next one (§13.7). */
  readonly held: boolean;
}

/** Returns the end that this replica's own log and stable checkpoint make, also right after a restart; null if the epoch has not ended here. */
export function ownEnd(
  { checkpoints: { stableProof }, log, genesis }: Pick<CoreState, "checkpoints" | "log" | "genesis">,
  changes: RosterChanges,
): Ended | null {
  const last = log.entries.at(-1);
  if (stableProof === null || stableProof.stable.index !== last?.entry.index || !endsInStop(log, changes)) return null;
  const before = hashAt(log, offset(last.entry.index, -1))!;
  return { end: { epoch: genesis.epoch, proof: stableProof, before, entry: last.entry }, held: true };
}
