/** Draws terms of office (§14.6), from numbers of their own: whatever else is drawn stays the same. */
import type { Plan } from "./plan.ts";
import { Rng } from "./rng.ts";

/** In a third of the runs leaders have terms of office, as short as a roster may set them. */
export function withOffices(plan: Plan): Plan {
  const { seed, replicas, constants } = plan;
  const rng = new Rng(seed, `offices ${replicas.length}`);
  if (!rng.chance(0.33)) return plan;
  const officeEntries = rng.pick([0, 64, 64, 100]);
  const officeMs = rng.pick([0, 4, 4, 6]) * constants.electionTimeoutMs;
  return { ...plan, constants: { ...constants, officeEntries, officeMs } };
}
