/** A replica that is told to leave (§14.5), or to stay after all. */
import type { Context } from "../context.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";
import type { LeaveReason } from "./office_state.ts";

/** Notes what this replica is told: it hands over if it leads, and does not stand for as long as it is about to leave (§14.3g). */
export function onLeave({ state, now }: Context, reason: LeaveReason | null): Verdict {
  const led = state.view.role === "leader";
  state.offices.leaving = reason === null ? null : { reason, since: now, led };
  return ACCEPT;
}
