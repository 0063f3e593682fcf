/** Leaders that hand over all the time under full load (§14.2 to §14.6): told to leave, by their terms of office, or with their words lost. */
import type { ClientPlan, LeaveFault, Plan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { brisk, cut, type Scenario, unitOf } from "./scenario.ts";

/** Number of hand-overs of a run, and election timeouts between two of them. */
const LEAVES = 20;
const EVERY = 0.8;
/** Share of an election timeout for which service may rest at a hand-over: an election by timer takes more than a whole one. */
const REST = 0.5;

/** Leaders are told to leave one after the other, and stay after all once they have handed over. */
export const handOvers: Scenario = (drawn, rng) => {
  const plan = atFullLoad(brisk(drawn, rng), rng);
  const unit = unitOf(plan);
  const faults = Array.from({ length: LEAVES }, (_, i): LeaveFault => ({
    ...{ kind: "leave", from: (6 + i * EVERY) * unit, replica: "leader", forMs: (EVERY / 2) * unit, stays: true },
  }));
  return { ...plan, faults, safetyMs: (6 + LEAVES * EVERY) * unit, longestGapMs: REST * unit };
};

/** Every leader has a term of office of the fewest entries that a roster may name. */
export const rotation: Scenario = (drawn, rng) => {
  const plan = atFullLoad(brisk(drawn, rng, { officeEntries: 64 }), rng);
  const unit = unitOf(plan);
  return { ...plan, safetyMs: 24 * unit, longestGapMs: REST * unit };
};

/** The word of a leader that is told to leave reaches nobody: it leads on, and serves (§14.2f). */
export const lostHandOvers: Scenario = (drawn, rng) => {
  const plan = atFullLoad(brisk(drawn, rng), rng);
  const unit = unitOf(plan);
  const safetyMs = 16 * unit;
  const leave: LeaveFault = { kind: "leave", from: 8 * unit, replica: "leader", forMs: safetyMs, stays: true };
  const faults = [leave, cut(0, safetyMs, { kinds: ["HandOver"] })];
  return { ...plan, faults, safetyMs, longestGapMs: 1.5 * unit };
};

/** Returns `plan` on a good network, with honest clients that have something to write all the time. */
function atFullLoad(plan: Plan, rng: Rng): Plan {
  const writer = (client: ClientPlan): ClientPlan => ({
    ...client,
    ...{
      behaviour: "honest",
      restarts: 0,
      operations: 100_000,
      concurrency: rng.int(4, 8),
      thinkMs: 0,
      reads: 0,
      keys: 1000,
    },
  });
  return {
    ...plan,
    latencyMs: [1, 5],
    clocks: plan.replicas.map(() => 1),
    constants: { ...plan.constants, checkpointEvery: 1000, logTail: 1000, fastReads: false },
    clients: plan.clients.slice(0, 2).map(writer),
  };
}
