/** Draws replicas that do not get to run for a while (§14.9), from numbers of its own: whatever else is drawn stays the same. */
import type { PauseFault, Plan, Target } from "./plan.ts";
import { Rng } from "./rng.ts";

/** In a third of the runs replicas do not get to run for a while, alone or all at once. */
export function withPauses(plan: Plan): Plan {
  const { seed, replicas, safetyMs, constants } = plan;
  const [rng, unit] = [new Rng(seed, `pauses ${replicas.length}`), Math.min(constants.electionTimeoutMs, 1000)];
  if (!rng.chance(0.33)) return plan;
  const pauses = Array.from({ length: rng.int(1, 6) }, (): PauseFault[] => {
    const from = rng.between(unit, safetyMs - unit);
    const to = Math.min(safetyMs, from + unit * rng.pick([0.1, 0.4, 1, 3]) * rng.between(0.5, 1.5));
    const still: readonly Target[] = rng.pick([replicas, [rng.pick(replicas)], ["leader" as const]]);
    return still.map((replica) => ({ kind: "pause", from, to, replica }));
  });
  return { ...plan, faults: [...plan.faults, ...pauses.flat()] };
}
