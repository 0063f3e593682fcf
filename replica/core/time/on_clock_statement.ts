/** Statements of clocks at a leader (§15.1): what it keeps of them, and when it orders them. */
import type { ClockStatement } from "../../../protocol/message.ts";
import { clockQuorum } from "../../../protocol/quorum.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { statedBy, timeStated } from "../../../protocol/snapshot/log_time.ts";
import type { Context } from "../context.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";

/** Only a leader that waits for time takes statements, and of each replica only what is above its others. */
export function screenStatement(
  { view, logClock, sessions: { time } }: CoreState,
  { replica, clock }: ClockStatement,
): Verdict {
  if (view.role !== "leader") return ignore("not-the-leader");
  if (!logClock.wanted) return ignore("nothing-waits");
  const known = Math.max(statedBy(time, replica), logClock.pool.get(replica)?.message.clock ?? 0);
  return clock > known ? ACCEPT : ignore("stated-before");
}

/** Keeps a statement until it is ordered. */
export function onClockStatement({ state }: Context, signed: Signed<ClockStatement>): Verdict {
  const screened = screenStatement(state, signed.message);
  if (screened.verdict === "accept") state.logClock.pool.set(signed.message.replica, signed);
  return screened;
}

/** Takes the statements that are to be ordered now: all there are, once they would move log time (§15.1b). */
export function takeStatements(
  { logClock: { pool }, sessions: { time }, quorumSizes }: CoreState,
): readonly Signed<ClockStatement>[] {
  const fresh = [...pool.values()].filter(({ message }) => message.clock > statedBy(time, message.replica));
  const stated = new Map(time.stated);
  for (const { message } of fresh) stated.set(message.replica, message.clock);
  const reached = timeStated(stated.values(), clockQuorum(quorumSizes));
  if (reached === null || reached <= time.now) return [];
  pool.clear();
  return fresh.sort((a, b) => a.message.replica < b.message.replica ? -1 : 1);
}
