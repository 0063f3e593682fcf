/** Progress of what waits to be written: the nearest that a replica can come to the question whether the cluster can write, without writing. */
import { lastIndex } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";

/** Returns whether something waits to be committed, as far as this replica knows: an entry, or a request that it holds or was shown. */
const waits = ({ log, commitIndex, requests, pace }: CoreState): boolean =>
  lastIndex(log) > commitIndex || requests.pool.size > 0 || requests.interventions.size > 0 || pace.shown.size > 0;

export class WriteProgress {
  #commitIndex = -1;
  /** Time since which something waits and nothing was committed; null while nothing waits. */
  #since: number | null = null;

  /** Looks at `state` after a step at `now`. */
  look(state: CoreState, now: number): void {
    const { commitIndex } = state;
    const hasMoved = commitIndex !== this.#commitIndex;
    this.#commitIndex = commitIndex;
    if (!waits(state)) this.#since = null;
    else if (hasMoved || this.#since === null) this.#since = now;
  }

  /** Returns for how long something has waited while nothing was committed, in milliseconds; 0 while nothing waits. */
  stalledMs(now: number): number {
    return this.#since === null ? 0 : now - this.#since;
  }
}
