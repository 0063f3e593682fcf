/**
 * Client intervention (§7.3): if a request's answers do not arrive in time, the very same signed request goes to all replicas as
 * `UpdateLeader`, repeated with back-off for as long as the request is pending.
 */
import { assertBackoffPolicy, backoffMs, type BackoffPolicy } from "./backoff.ts";

/** Timing of interventions. */
export interface InterventionPolicy {
  /** Time after the first send at which the first `UpdateLeader` goes out, in milliseconds. */
  readonly afterMs: number;
  /** Waits between repeats. */
  readonly backoff: BackoffPolicy;
}

/** The timer of one request. */
export interface InterventionTimer {
  /** Number of `UpdateLeader`s sent; 0 while the leader still has its time. */
  readonly fired: number;
  /** Time at which the next one is due, on the session's clock, in milliseconds. */
  readonly dueAt: number;
}

/** Throws `RangeError` unless `policy` gives the leader a finite time to answer. */
export function assertInterventionPolicy(policy: InterventionPolicy): void {
  if (!(policy.afterMs >= 1) || !Number.isFinite(policy.afterMs)) {
    throw new RangeError(`intervention was given afterMs ${policy.afterMs}; wanted a finite number of at least 1`);
  }
  assertBackoffPolicy(policy.backoff);
}

/** Starts the timer of a request first sent at `sentAt`. */
export function startIntervention(policy: InterventionPolicy, sentAt: number): InterventionTimer {
  return { fired: 0, dueAt: sentAt + policy.afterMs };
}

/** Returns whether an `UpdateLeader` is due at `now`. */
export const interventionDue = (timer: InterventionTimer, now: number): boolean => now >= timer.dueAt;

/** Returns the timer after an `UpdateLeader` sent at `now`; `unit` in [0, 1) picks the jitter. */
export function fireIntervention(
  policy: InterventionPolicy,
  timer: InterventionTimer,
  now: number,
  unit: number,
): InterventionTimer {
  return { fired: timer.fired + 1, dueAt: now + backoffMs(policy.backoff, timer.fired, unit) };
}
