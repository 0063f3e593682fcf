/** State of the epoch's end (§13.4). */
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";

/** The end of the epoch, as this replica has it. */
export interface Ended {
  readonly end: EpochEnd;
  /** True if this replica has the state that the epoch ended with; else it has to fetch it in the next one (§13.7). */
  readonly held: boolean;
}
