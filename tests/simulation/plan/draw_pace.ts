/** Draws the pace that is expected of leaders (§14.8), from numbers of its own: whatever else is drawn stays the same. */
import type { Plan } from "./plan.ts";
import { Rng } from "./rng.ts";

/** In a third of the runs none is expected; in the others it is as high as it may be, or as usual. */
export function withPace(plan: Plan): Plan {
  const { electionTimeoutMs, heartbeatMs, patienceMs } = plan.constants;
  const rng = new Rng(plan.seed, `pace ${plan.replicas.length}`);
  const least = Math.max(Math.ceil(patienceMs / 2), Math.ceil(2 * heartbeatMs));
  const paceMs = rng.pick([0, least, Math.max(least, electionTimeoutMs)]);
  return { ...plan, constants: { ...plan.constants, paceMs } };
}
