/** The end of this epoch, shown by a replica that is in a later one (§13.8). */
import { type EpochEnd, isPlausibleEnd, nextAfter } from "../../../protocol/epochs/epoch_end.ts";
import { installCommitted } from "../catch_up/catch_up.ts";
import { stabilize } from "../checkpoints/checkpoints.ts";
import { type Context, note } from "../context.ts";
import { contains } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";

/** Returns the verdict on an end before its signatures are checked. */
export function screenEnd(state: CoreState, end: EpochEnd): Verdict {
  if (end.epoch !== state.genesis.epoch) return ignore("end-of-another-epoch");
  if (state.ended !== null || state.shownEnd !== null) return ignore("known-end");
  return isPlausibleEnd(state, end) ? ACCEPT : reject("bad-end", null);
}

/**
 * Takes an end whose signatures are good. A log that holds the stop-sign commits by it, and once the snapshot there is written the end makes that
 * stable, whatever Checkpoints were heard before; a replica without the stop-sign leaves the epoch without the state.
 */
export function onEpochEnd(context: Context, end: EpochEnd): Verdict {
  const { state, ports } = context;
  const screened = screenEnd(state, end);
  if (screened.verdict !== "accept") return screened;
  if (nextAfter(state, ports.hash, ports.changes, end) === null) return reject("bad-end", null);
  const { stable, commit } = end.proof;
  const held = contains(state.log, stable);
  note(context, "info", "shown-end", { epoch: end.epoch, index: stable.index, held });
  if (!held) {
    state.ended = { end, held };
    return ACCEPT;
  }
  state.shownEnd = end;
  installCommitted(context, [], commit);
  stabilize(context);
  return ACCEPT;
}
