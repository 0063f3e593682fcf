/** Weight of a refusal against its source (§7.5g, §7.5h). */
import { totalBytes } from "../../transport/frame_limits.ts";
import type { Received } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import type { Refusal } from "./admission.ts";
import { BACKLOG_UNIT_BYTES } from "./backlog.ts";

export interface Penalty {
  /** Number of faults it counts for. */
  readonly weight: number;
  /** Time for which it mutes its source if it is one too many, at least and, for who is muted again and again, at most. */
  readonly muteMs: number;
  readonly muteCapMs: number;
}

/**
 * Returns what a refusal of `received` costs its source, after `checked` signatures of it were. A fault counts once, and once more for its signatures; what is in
 * excess, and each large piece of what is refused for whatever reason, is a part of one, and its source is muted for less long, a client longer each time.
 */
export function penaltyOf({ blame }: Refusal, { channel, frames }: Received, checked: number): Penalty {
  const { signaturesPerFault, excessWeight, muteMs, excessMuteMs, excessMuteCapMs } = INGRESS_LIMITS;
  const fault = 1 + Math.floor(checked / signaturesPerFault);
  const own = { fault, forgery: fault, excess: excessWeight, none: 0 }[blame];
  const weight = own + excessWeight * Math.floor(totalBytes(frames) / BACKLOG_UNIT_BYTES);
  if (own >= fault) return { weight, muteMs, muteCapMs: muteMs };
  return { weight, muteMs: excessMuteMs, muteCapMs: channel === "client" ? excessMuteCapMs : excessMuteMs };
}
