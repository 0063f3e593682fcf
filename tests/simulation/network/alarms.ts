/** Ticks on request: at most one alarm per replica, as the event loop sleeps until one moment (`nextDeadline`). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Scheduler } from "./scheduler.ts";

export class Alarms {
  readonly #due = new Map<ReplicaId, Millis>();
  readonly #scheduler: Scheduler;
  readonly #ring: (id: ReplicaId) => void;

  constructor(scheduler: Scheduler, ring: (id: ReplicaId) => void) {
    this.#scheduler = scheduler;
    this.#ring = ring;
  }

  /** Returns the time of the alarm of `id`, in virtual milliseconds; Infinity without one. */
  due(id: ReplicaId): Millis {
    return this.#due.get(id) ?? Infinity;
  }

  /** Sets the alarm to `at`, in place of the moment set before. */
  set(id: ReplicaId, at: Millis): void {
    this.#due.set(id, at);
    this.#scheduler.schedule(at - this.#scheduler.now, () => {
      if (this.#due.get(id) !== at) return;
      this.#due.delete(id);
      this.#ring(id);
    });
  }

  /** Sets the alarm to `at` if that is earlier than the moment set before. */
  advance(id: ReplicaId, at: Millis): void {
    if (at < this.due(id) - TOLERANCE_MS) this.set(id, at);
  }

  clear(id: ReplicaId): void {
    this.#due.delete(id);
  }
}

/** Difference too small for a new alarm. */
const TOLERANCE_MS = 0.5;
