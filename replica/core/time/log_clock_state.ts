/** State of a replica's clock, which counts in log time (§15.3), and of what its leader does for that (§15.4). All of it is volatile. */
import type { Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { ClockStatement } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";

export interface LogClock {
  /** Its reading as of `at`. */
  reading: Millis;
  at: Millis;
  /** True while the state machine waits for a log time. */
  wanted: boolean;
  /** The last statement made; null before the first. */
  statement: { readonly term: Term; readonly at: Millis } | null;
  /** Time cut off since it was accounted for. */
  cutMs: Millis;
  /** Time lost under the present leader, and the judged time (§14.9) up to which that is accounted for. */
  lostMs: Millis;
  judgedAt: Millis;
  /** A leader's: the highest statement of each replica that it has yet to order. */
  readonly pool: Map<ReplicaId, Signed<ClockStatement>>;
}

/** Returns a clock that begins at log time `reading` (§15.3c). */
export const createLogClock = (reading: Millis, now: Millis): LogClock => ({
  ...{ reading, at: now, wanted: false, statement: null, cutMs: 0, lostMs: 0, judgedAt: now, pool: new Map() },
});
