/**
 * Client intervention (§7.3): when a request's answers do not come in time, the very same signed request goes to all replicas as
 * `UpdateLeader`, repeated with back-off for as long as the request is wanted.
 */
import { assertBackoffPolicy, backoffMs, type BackoffPolicy } from "./backoff.ts";

/** When to intervene, and how often to repeat it. */
export interface InterventionPolicy {
  /** Time after the first send at which the first `UpdateLeader` goes out, in milliseconds. */
  readonly afterMs: number;
  /** Waits between repeats. */
  readonly backoff: BackoffPolicy;
}

/** The timer of one request. */
export interface InterventionTimer {
  /** How many `UpdateLeader` went out; 0 while the leader still has its time. */
  readonly fired: number;
  /** When the next one is due, on the session's clock, in milliseconds. */
  readonly dueAt: number;
}

/** Throws `RangeError` unless `policy` gives the leader a finite time to answer. */
export function assertInterventionPolicy(policy: InterventionPolicy): void {
  if (!(policy.afterMs >= 1) || !Number.isFinite(policy.afterMs)) {
    throw new RangeError(`intervention was given afterMs ${policy.afterMs}; wanted a finite number of at least 1`);
  }
  assertBackoffPolicy(policy.backoff);
}

/** The timer of a request first sent at `sentAt`. */
export function startIntervention(policy: InterventionPolicy, sentAt: number): InterventionTimer {
  return { fired: 0, dueAt: sentAt + policy.afterMs };
}

/** Whether an `UpdateLeader` is due at `now`. */
export const interventionDue = (timer: InterventionTimer, now: number): boolean => now >= timer.dueAt;

/** The timer after an `UpdateLeader` sent at `now`; `unit` in [0, 1) picks the jitter. */
export function fireIntervention(
  policy: InterventionPolicy,
  timer: InterventionTimer,
  now: number,
  unit: number,
): InterventionTimer {
  return { fired: timer.fired + 1, dueAt: now + backoffMs(policy.backoff, timer.fired, unit) };
}
