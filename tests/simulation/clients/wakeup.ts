/** The next call of a client's timer: the earliest of those asked for. */
import type { Millis } from "../../../protocol/ids.ts";
import type { Scheduler } from "../network/scheduler.ts";

export class Wakeup {
  readonly #scheduler: Scheduler;
  #at: Millis = Infinity;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Calls `action` at `due` on a clock that reads `now`, unless an earlier call is waited for. */
  arm(due: Millis, now: Millis, action: () => void): void {
    if (due >= this.#at || due === Infinity) return;
    this.#at = due;
    this.#scheduler.schedule(Math.max(0, due - now), () => {
      if (this.#at !== due) return;
      this.#at = Infinity;
      action();
    });
  }
}
