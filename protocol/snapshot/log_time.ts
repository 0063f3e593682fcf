/** Log time, part of the replicated state (§15.2): how far it has come, and what replicas have stated beyond it. */
import type { ClockStatement } from "../entry.ts";
import type { Millis, ReplicaId } from "../ids.ts";
import type { Signed } from "../signed.ts";

export interface LogTime {
  /** Log time, in whole milliseconds. */
  now: Millis;
  /** The highest that each replica stated, where that is above log time. */
  readonly stated: Map<ReplicaId, Millis>;
}

/** Returns log time as it begins. */
export const createLogTime = (now: Millis = 0): LogTime => ({ now, stated: new Map() });

/** Returns the reading that a statement of `replica` has to be above to change anything (§15.2a). */
export const statedBy = ({ now, stated }: LogTime, replica: ReplicaId): Millis => stated.get(replica) ?? now;

/** Applies the statements of one entry; `needed` are the replicas that must have stated a time for it to come (§15.2b). Returns whether log time moved. */
export function applyStatements(
  time: LogTime,
  statements: readonly Pick<Signed<ClockStatement>, "message">[],
  needed: number,
): boolean {
  for (const { message: { replica, clock } } of statements) {
    if (clock > statedBy(time, replica)) time.stated.set(replica, clock);
  }
  const reached = timeStated(time.stated.values(), needed);
  if (reached === null || reached <= time.now) return false;
  time.now = reached;
  for (const [replica, clock] of time.stated) if (clock <= reached) time.stated.delete(replica);
  return true;
}

/** Returns the time that `needed` of these replicas have stated; null if they are fewer. */
export const timeStated = (stated: Iterable<Millis>, needed: number): Millis | null =>
  [...stated].sort((a, b) => b - a)[needed - 1] ?? null;
