/** Shrinks a failing seed and prints what is left of it as a transcript. */
import { drawPlan, type PlanOptions } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { describePlan, writeRun } from "../replay/print_run.ts";
import { createPlanRunner, type SeedResult } from "../search/seed_runner.ts";
import { shrink } from "../plan/shrink.ts";

/** Prints the smallest schedule found that fails as `failure` does. */
export async function printTranscript(failure: SeedResult, options: PlanOptions): Promise<void> {
  const { violation } = failure;
  if (violation === null) throw new TypeError(`seed ${failure.seed} passed; wanted one that failed`);
  const run = await createPlanRunner();
  const fails = (plan: Plan) => run(plan).violation;
  const { plan, attempts } = shrink(drawPlan(failure.seed, options), violation.invariant, fails);
  console.log(`\nshrunk in ${attempts} runs to:`);
  for (const line of describePlan(plan)) console.log(`  ${line}`);
  console.log("");
  const ended = run(plan, writeRun((line) => console.log(line)));
  console.log(`${ended.endedAt.toFixed(0).padStart(6)} ${ended.violation?.invariant}: ${ended.violation?.detail}\n`);
}
