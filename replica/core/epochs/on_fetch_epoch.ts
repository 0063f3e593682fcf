/** A replica that is no member any more asks how far this epoch is: nobody repeats responses to it (§13.10). */
import type { Context } from "../context.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";

/** Has the latest response published again. */
export function onFetchEpoch({ state }: Context): Verdict {
  if (state.hard.currentTerm > 0) state.publication.due = true;
  return ACCEPT;
}
