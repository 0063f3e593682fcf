/** When a client says where it is, to each replica in a hello of its own. It keeps the route for answers alive across restarts of replicas; its time only grows. */

/** What a client remembers of its hellos. */
export interface HelloTimer {
  readonly busyMs: number;
  readonly idleMs: number;
  /** When the last one went out, on the client's clock; −Infinity before the first. */
  sentAt: number;
  /** The wall-clock time the last one carried, in milliseconds. */
  time: number;
}

/** A timer by which the first hello is due at once. */
export const createHelloTimer = (busyMs: number, idleMs: number): HelloTimer => ({
  busyMs,
  idleMs,
  sentAt: -Infinity,
  time: 0,
});

/** When the next hello is due, on the client's clock. */
export const helloDueAt = (timer: HelloTimer, busy: boolean): number =>
  timer.sentAt + (busy ? timer.busyMs : timer.idleMs);

/** Takes note of a hello that goes out `now` and returns the time it carries: the wall clock's, or above the last one's. */
export function sayHello(timer: HelloTimer, now: number, wallClock: number): number {
  timer.sentAt = now;
  timer.time = Math.max(timer.time + 1, Math.floor(wallClock));
  return timer.time;
}
