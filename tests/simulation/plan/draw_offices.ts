/** Draws terms of office (§14.6) and who abuses hand-overs, from numbers of their own: whatever else is drawn stays the same. */
import { HAND_OVER_LIARS } from "../actors/leaders/hand_over_liars.ts";
import type { Plan } from "./plan.ts";
import { Rng } from "./rng.ts";

/**
 * In a third of the runs leaders have terms of office, as short as a roster may set them. In some a faulty replica abuses hand-overs besides, if `mayLie`,
 * and the honest need not settle without their clients.
 */
export function withOffices(plan: Plan, mayLie: boolean): Plan {
  const rng = new Rng(plan.seed, `offices ${plan.replicas.length}`);
  const terms = rng.chance(0.33);
  const officeEntries = rng.pick([0, 64, 64, 100]);
  const officeMs = rng.pick([4, 4, 6]) * plan.constants.electionTimeoutMs;
  const constants = terms ? { ...plan.constants, officeEntries, officeMs } : plan.constants;
  if (!rng.chance(0.25) || !mayLie || plan.quiet || plan.byzantine.length === 0) return { ...plan, constants };
  const name = rng.pick(Object.keys(HAND_OVER_LIARS));
  const [first, ...rest] = plan.byzantine;
  return { ...plan, constants, byzantine: [{ ...first!, actors: [...first!.actors, name] }, ...rest] };
}
