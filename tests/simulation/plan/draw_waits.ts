/** Draws whether the state machine waits for log time (§15), from numbers of its own: whatever else is drawn stays the same. */
import type { Plan } from "./plan.ts";
import { Rng } from "./rng.ts";

/** In a third of the runs it does, all the time. */
export function withWaits(plan: Plan): Plan {
  const rng = new Rng(plan.seed, `waits ${plan.replicas.length}`);
  return rng.chance(0.33) ? { ...plan, waits: true } : plan;
}
