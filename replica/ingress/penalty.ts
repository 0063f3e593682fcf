/** Weight of a refusal against its source (§7.5g, §7.5h). */
import { totalBytes } from "../../transport/frame_limits.ts";
import type { Received } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import type { Refusal } from "./admission.ts";
import { BACKLOG_UNIT_BYTES } from "./backlog.ts";

export interface Penalty {
  /** Number of faults it counts for. */
  readonly weight: number;
  /** Time for which it mutes its source if it is one too many. */
  readonly muteMs: number;
}

/**
 * Returns what a refusal of `received` costs its source, after `checked` signatures of it were. A fault counts once, and once more for its signatures; what is in
 * excess, and each large piece of what is refused for whatever reason, is a part of one, and its source is muted for less long.
 */
export function penaltyOf({ blame }: Refusal, { frames }: Pick<Received, "frames">, checked: number): Penalty {
  const { signaturesPerFault, excessWeight, muteMs, excessMuteMs } = INGRESS_LIMITS;
  const fault = 1 + Math.floor(checked / signaturesPerFault);
  const own = { fault, forgery: fault, excess: excessWeight, none: 0 }[blame];
  const weight = own + excessWeight * Math.floor(totalBytes(frames) / BACKLOG_UNIT_BYTES);
  return { weight, muteMs: own < fault ? excessMuteMs : muteMs };
}
