/** Replicas do not get to run, one or all of them, as on a machine that is suspended or has too few processors (§14.9). */
import type { PauseFault } from "../plan/plan.ts";
import { brisk, type Scenario, unitOf } from "./scenario.ts";

/** Longest that all replicas stand still at a time, in election timeouts; and how long they run in between. */
const LONGEST = 6;
const BETWEEN = 3;

/** All replicas stand still together, for longer than an election timeout; or most of them, for nearly as long as one. Nobody is to blame. */
export const starved: Scenario = (drawn, rng) => {
  const calm = brisk(drawn, rng);
  const plan = { ...calm, constants: { ...calm.constants, paceMs: unitOf(calm) } };
  const unit = unitOf(plan);
  const faults: PauseFault[] = [];
  let from = 5 * unit;
  for (let i = 0; i < 6; i++) {
    const all = rng.chance(0.7);
    const forMs = unit * (all ? rng.between(1.5, LONGEST) : rng.between(0.3, 0.5));
    const still = all ? plan.replicas : rng.shuffle(plan.replicas).slice(1);
    for (const replica of still) faults.push({ kind: "pause", from, to: from + forMs, replica });
    from += forMs + BETWEEN * unit;
  }
  return {
    ...plan,
    latencyMs: [1, 5],
    clocks: plan.replicas.map(() => 1),
    faults,
    clients: plan.clients.map((client) => ({ ...client, behaviour: "honest", intervenes: true })),
    safetyMs: from,
    oneLeader: true,
  };
};
