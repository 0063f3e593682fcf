/** The end of the epoch at this replica (§13.4): the checkpoint at the stop-sign is stable, and the core does nothing more. */
import { offset } from "../../../protocol/ids.ts";
import type { RosterChanges } from "../../../protocol/ports.ts";
import { hashAt } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import type { Ended } from "./epoch_state.ts";
import { endsInStop } from "./stop_sign.ts";

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
