/** When the honest replicas that are up have come to rest. */
import { quorumSizes } from "../../client/reply_tally.ts";
import { lastIndex } from "../../replica/core/log.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Simulation } from "./simulation.ts";

const statesOf = (simulation: Simulation): (CoreState | null)[] =>
  simulation.survivors.map((id) => simulation.node(id).state);

/** All survivors follow one of them in one term. */
export function sharesLeader(simulation: Simulation): boolean {
  const states = statesOf(simulation);
  const leader = states[0]?.term.leader ?? null;
  return leader !== null && simulation.survivors.includes(leader) &&
    states.every((state) => state?.term.leader === leader && state.hard.currentTerm === states[0]!.hard.currentTerm);
}

/**
 * All have committed the same, and nothing more will happen until a client asks for something: either a quorum follows one of the
 * survivors in one term with nothing uncommitted; or nobody has anything uncommitted, and enough follow one of them (f + 1, so that no
 * f + 1 are ahead of them). Replicas left in other terms join at the next election, which the next request brings about (§6.1).
 */
export function isSettled(simulation: Simulation): boolean {
  if (!isLevel(simulation)) return false;
  const states = statesOf(simulation);
  const followers = new Map<string, number>();
  let quiet = true;
  for (const state of states) {
    const { hard, term, log, commitIndex } = state!;
    if (lastIndex(log) > commitIndex) quiet = false;
    else if (term.leader !== null && simulation.survivors.includes(term.leader)) {
      const key = `${hard.currentTerm} ${term.leader}`;
      followers.set(key, (followers.get(key) ?? 0) + 1);
    }
  }
  const { quorum, weak } = quorumSizes(simulation.plan.replicas.length);
  return Math.max(0, ...followers.values()) >= (quiet ? weak : quorum);
}

/** Every survivor has applied all that any honest replica committed. */
export function isLevel(simulation: Simulation): boolean {
  const states = statesOf(simulation);
  const highest = Math.max(...states.map((state) => state?.commitIndex ?? 0));
  return states.every((state) => state?.commitIndex === highest && state.appliedIndex === highest);
}
