/**
 * Times a client's hellos, one to each replica. They keep the return route for answers alive across restarts of replicas; the time they
 * carry only increases.
 */

/** State of a client's hello timer. */
export interface HelloTimer {
  readonly busyMs: number;
  readonly idleMs: number;
  /** Time of the last hello, on the client's clock; −Infinity before the first. */
  sentAt: number;
  /** Wall-clock time that the last hello carried, in milliseconds. */
  time: number;
}

/** Returns a timer whose first hello is due at once. */
export const createHelloTimer = (busyMs: number, idleMs: number): HelloTimer => ({
  busyMs,
  idleMs,
  sentAt: -Infinity,
  time: 0,
});

/** Returns the time at which the next hello is due, on the client's clock. */
export const helloDueAt = (timer: HelloTimer, busy: boolean): number =>
  timer.sentAt + (busy ? timer.busyMs : timer.idleMs);

/** Records a hello sent at `now` and returns the time it carries: the wall clock's, but above the last one's. */
export function sayHello(timer: HelloTimer, now: number, wallClock: number): number {
  timer.sentAt = now;
  timer.time = Math.max(timer.time + 1, Math.floor(wallClock));
  return timer.time;
}
