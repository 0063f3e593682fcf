/** Runs seeds one after the other, as a worker of the pool or in place. */
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { createFakeCrypto, createRealCrypto, createUnsignedCrypto, type SimCrypto } from "../network/sim_crypto.ts";
import type { Violation } from "../observer.ts";
import { drawPlan, type PlanOptions } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { runPlan, type RunResult, type RunWatch } from "../run.ts";
import { CLUSTER } from "../simulation.ts";
import type { RunStats } from "./stats.ts";

/** The result of a seed, small enough to be passed between workers. */
export interface SeedResult {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly endedAt: number;
  readonly stats: RunStats;
  readonly byzantine: Plan["byzantine"];
}

/** Runs any plan with the signatures it names. */
export type RunAnyPlan = (plan: Plan, watch?: RunWatch) => RunResult;

/** Loads the signature code once, for the share of runs that has real signatures. */
export async function createPlanRunner(): Promise<RunAnyPlan> {
  const { backend } = await loadBackend("auto");
  return (plan, watch) => {
    return runPlan(plan, cryptoOf(plan, backend), watch);
  };
}

function cryptoOf({ crypto, constants }: Plan, backend: SignatureBackend): SimCrypto {
  if (constants.profile === "crash") return createUnsignedCrypto(crypto);
  return crypto === "real" ? createRealCrypto(backend, CLUSTER) : createFakeCrypto();
}

/** Runs the plan of a seed. Throws anything that is no violation: an error of the simulation itself. */
export function runSeed(run: RunAnyPlan, seed: number, options: PlanOptions): SeedResult {
  const { plan, violation, endedAt, stats } = run(drawPlan(seed, options));
  return { seed, violation, endedAt, stats, byzantine: plan.byzantine };
}
