/** Faulty replicas that abuse hand-overs, in a cluster whose leaders have terms of office (§14). */
import { quorumOf } from "../../../protocol/quorum.ts";
import { HAND_OVER_LIARS } from "../actors/leaders/hand_over_liars.ts";
import type { ByzantinePlan, Plan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { brisk, type Scenario, unitOf } from "./scenario.ts";

const NAMES = Object.keys(HAND_OVER_LIARS);

/** As many replicas as may be are faulty, all in the way that the plan was drawn for, or else in one of those there are. */
export const officeLiars: Scenario = (drawn, rng) => {
  const [name, ...others] = new Set(drawn.byzantine.flatMap(({ actors }) => actors));
  const wanted = name !== undefined && others.length === 0 && NAMES.includes(name);
  return liars(drawn, rng, wanted ? name : rng.pick(NAMES));
};

/** A faulty replica calls the roll for ever; the longest election timeout is so short that leaders have led for long. */
export const falseLearners: Scenario = (drawn, rng) => liars(drawn, rng, "mute-learner");

/** Faulty leaders pass their office on among themselves; no more than the law lets them may lead in a row. */
export const passingLeaders: Scenario = (drawn, rng) => liars(drawn, rng, "passing-leaders");

function liars(drawn: Plan, rng: Rng, name: string): Plan {
  const plan = brisk(drawn, rng);
  const unit = unitOf(plan);
  const { f } = quorumOf(plan.replicas.length);
  const byzantine = rng.shuffle(plan.replicas).slice(0, f)
    .map((replica): ByzantinePlan => ({ replica, actors: [name], turnMs: null }));
  const offices = name === "mute-learner" ? { electionTimeoutCapMs: 2 * unit } : { officeMs: 4 * unit };
  return {
    ...plan,
    constants: { ...plan.constants, ...offices },
    byzantine,
    latencyMs: [1, 5],
    clients: plan.clients.map((client) => ({
      ...client,
      ...{ operations: 10_000, intervenes: true, thinkMs: unit / 4, keys: 100 },
    })),
    safetyMs: 40 * unit,
    faultyInARow: 2 * f + 1,
  };
}
