/** Conditions under which the honest replicas that are up have settled. */
import type { ReplicaId } from "../../protocol/ids.ts";
import { quorumOf, type QuorumSizes } from "../../protocol/quorum.ts";
import { lastIndex } from "../../replica/core/log/log.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Simulation } from "./simulation.ts";

const statesOf = (simulation: Simulation): (CoreState | null)[] =>
  simulation.survivors.map((id) => simulation.node(id).state);

const sizesOf = ({ last: { members, constants } }: Simulation): QuorumSizes =>
  quorumOf(members.length, constants.profile);

/** Returns the states of survivors that are not learners. */
const fullStatesOf = (simulation: Simulation): CoreState[] =>
  statesOf(simulation).filter((state) => state !== null && state.hard.recovery === null) as CoreState[];

/** Returns whether all survivors follow one of them in one term. */
export function sharesLeader(simulation: Simulation): boolean {
  const states = fullStatesOf(simulation);
  const leader = states[0]?.view.leader ?? null;
  return leader !== null && simulation.survivors.includes(leader) &&
    states.every(({ view, hard }) => view.leader === leader && hard.currentTerm === states[0]!.hard.currentTerm);
}

/**
 * Returns whether all have committed the same, and nothing more will happen until a client sends a request: either a quorum follows one of
 * the survivors in one term with nothing uncommitted; or no one has anything uncommitted, and enough follow one of them (f + 1, so that no
 * f + 1 are ahead of them). Replicas left in other terms join at the next election, which the next request brings about (§6.1).
 */
export function isSettled(simulation: Simulation): boolean {
  if (!isLevel(simulation)) return false;
  const states = fullStatesOf(simulation);
  const followers = new Map<string, number>();
  let quiet = true;
  for (const state of states) {
    const { hard, view, log, commitIndex } = state;
    if (lastIndex(log) > commitIndex) quiet = false;
    else if (view.leader !== null && simulation.survivors.includes(view.leader)) {
      const key = `${hard.currentTerm} ${view.leader}`;
      followers.set(key, (followers.get(key) ?? 0) + 1);
    }
  }
  const { quorum, weak } = sizesOf(simulation);
  return Math.max(0, ...followers.values()) >= (quiet ? weak : quorum);
}

/** Returns a condition: a quorum exists and follows one leader, in a term above all that survivors are in now. */
export function followsAnew(simulation: Simulation): () => boolean {
  const before = Math.max(...statesOf(simulation).map((state) => state?.hard.currentTerm ?? 0));
  const { quorum } = sizesOf(simulation);
  return () => {
    const missing = simulation.last.members.filter((id) => !simulation.isHonest(id)).length;
    const anew = fullStatesOf(simulation).filter((state) =>
      state.hard.currentTerm > before && state.view.leader !== null
    );
    return anew.length >= quorum - missing;
  };
}

/** Returns the replica that most survivors follow, not counting learners; null if none follows anyone. */
export function mostFollowed(simulation: Simulation): ReplicaId | null {
  const followers = new Map<ReplicaId, number>();
  for (const { view: { leader } } of fullStatesOf(simulation)) {
    if (leader !== null) followers.set(leader, (followers.get(leader) ?? 0) + 1);
  }
  return [...followers].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/** Returns the highest index that any survivor has committed. */
export const highestCommit = (simulation: Simulation): number =>
  Math.max(...statesOf(simulation).map((state) => state?.commitIndex ?? 0));

/**
 * Returns whether every survivor would start from the checkpoint at `index`, or a later one, after a restart. Learners need not: they
 * publish none, so the others cannot see that one of them has not received it.
 */
export const hasStable = (simulation: Simulation, index: number): boolean =>
  index === 0 ||
  fullStatesOf(simulation).every(({ checkpoints: { stableProof } }) => (stableProof?.stable.index ?? 0) >= index);

/** Returns whether every survivor has applied all that any honest replica committed. */
export function isLevel(simulation: Simulation): boolean {
  const states = statesOf(simulation);
  const highest = highestCommit(simulation);
  const { epoch } = simulation.last;
  return states.every((state) =>
    state?.genesis.epoch === epoch && state.commitIndex === highest && state.appliedIndex === highest
  );
}
