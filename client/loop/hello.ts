/**
 * Times a client's hellos, one to each replica. They keep the return route for answers alive across restarts of replicas.
 * Each replica wants its own challenge for this connection repeated, and tells it where another one came (§7.2).
 */
import { LIMITS } from "../../protocol/limits.ts";

/** State of a client's hello timer. */
export interface HelloTimer {
  readonly busyMs: number;
  readonly idleMs: number;
  /** Time of the last hellos, on the client's clock; −Infinity before the first. */
  sentAt: number;
  /** The challenge that each replica told last. */
  readonly challenges: Map<string, Uint8Array>;
  /** Replicas that have not told a challenge since the last hellos: each may once, so that none can keep a client busy. */
  readonly mayTell: Set<string>;
}

/** Challenge in a hello to a replica that has told none. */
const NO_CHALLENGE = new Uint8Array(LIMITS.nonceBytes);

/** Returns a timer whose first hello is due at once. */
export const createHelloTimer = (busyMs: number, idleMs: number): HelloTimer => ({
  busyMs,
  idleMs,
  sentAt: -Infinity,
  challenges: new Map(),
  mayTell: new Set(),
});

/** Returns the time at which the next hellos are due, on the client's clock. */
export const helloDueAt = (timer: HelloTimer, busy: boolean): number =>
  timer.sentAt + (busy ? timer.busyMs : timer.idleMs);

/** Records hellos that go out to all `replicas` at `now`. */
export function noteHellos(timer: HelloTimer, replicas: Iterable<string>, now: number): void {
  timer.sentAt = now;
  for (const replica of replicas) timer.mayTell.add(replica);
}

/** Returns the challenge that a hello to `replica` repeats. */
export const challengeOf = (timer: HelloTimer, replica: string): Uint8Array =>
  timer.challenges.get(replica) ?? NO_CHALLENGE;

/** Records the challenge that `replica` told; returns whether it was due, and another hello with it. */
export function noteChallenge(timer: HelloTimer, replica: string, challenge: Uint8Array): boolean {
  if (!timer.mayTell.delete(replica)) return false;
  timer.challenges.set(replica, challenge.slice());
  return true;
}
