import { setImmediate } from "node:timers";

/**
 * Waits for one turn of the event loop. Timers, signals and the release of sent frames need turns, and promises alone never give
 * one: a loop that always finds something to receive would hold all of them up.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
