/** The clock by which a replica judges its leader: it stands still while the replica did not get to run (§14.9). */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { type Context, note } from "../context.ts";
import type { CoreState } from "../state.ts";

/** Returns the judged time at `now`. */
export const judgedTime = ({ clock }: Pick<CoreState, "clock">, now: Millis): Millis => now - clock.starvedMs;

/** Returns when the judged time will be `judged`, if nothing more is left out until then. */
export const wallTimeOf = ({ clock }: Pick<CoreState, "clock">, judged: Millis): Millis => judged + clock.starvedMs;

/** Leaves out `lateMs`, as far as the credit goes; however late one tick is, it costs half an election timeout at most. */
export function takeLateness(context: Context, lateMs: Millis): void {
  const { state: { clock, config }, now } = context;
  const { electionTimeoutMs } = config.constants;
  const grown = clock.credit + LIMITS.starvedShare * Math.max(0, now - clock.at);
  clock.credit = Math.min(LIMITS.starvedTimeouts * electionTimeoutMs, grown);
  clock.at = now;
  if (lateMs <= 0) return;
  const cost = Math.min(lateMs, electionTimeoutMs / 2);
  const leftOut = cost <= clock.credit ? lateMs : clock.credit;
  clock.credit -= Math.min(cost, clock.credit);
  clock.starvedMs += leftOut;
  if (lateMs >= electionTimeoutMs / 2) {
    note(context, "warn", "starved", { lateMs: Math.round(lateMs), inAllMs: Math.round(clock.starvedMs) });
  }
}
