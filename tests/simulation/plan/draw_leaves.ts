/** Draws replicas that are told to leave (§14.5), from numbers of its own: whatever else is drawn stays the same. */
import type { LeaveFault, Plan } from "./plan.ts";
import { Rng } from "./rng.ts";

/** In a third of the runs replicas are told to leave, most of them while they lead; some stay after all. */
export function withLeaves(plan: Plan): Plan {
  const { seed, replicas, safetyMs, constants } = plan;
  const [rng, unit] = [new Rng(seed, `leaves ${replicas.length}`), Math.min(constants.electionTimeoutMs, 1000)];
  if (!rng.chance(0.33)) return plan;
  const leaves = Array.from({ length: rng.int(1, 8) }, (): LeaveFault => ({
    kind: "leave",
    from: rng.between(unit, safetyMs - unit),
    replica: rng.chance(0.8) ? "leader" : rng.pick(replicas),
    forMs: unit * rng.pick([0.05, 0.3, 1, 2]) * rng.between(0.5, 1.5),
    stays: rng.chance(0.3),
  }));
  return { ...plan, faults: [...plan.faults, ...leaves] };
}
