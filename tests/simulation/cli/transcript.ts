/** Shrinks a failing seed and prints what is left of it as a transcript. */
import { printLine } from "../../../tasks/support/run_task.ts";
import { drawPlan, type PlanOptions } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { shrink } from "../plan/shrink.ts";
import { describePlan, writeRun } from "../replay/print_run.ts";
import { createPlanRunner, type SeedResult } from "../search/seed_runner.ts";

/** Prints the smallest schedule found that fails as `failure` does. */
export async function printTranscript(failure: SeedResult, options: PlanOptions): Promise<void> {
  const { violation } = failure;
  if (violation === null) throw new TypeError(`seed ${failure.seed} passed; wanted one that failed`);
  const run = await createPlanRunner();
  const fails = (plan: Plan) => run(plan).violation;
  const { plan, attempts } = shrink(drawPlan(failure.seed, options), violation.invariant, fails);
  printLine(`\nshrunk in ${attempts} runs to:`);
  for (const line of describePlan(plan)) printLine(`  ${line}`);
  printLine("");
  const ended = run(plan, writeRun(printLine));
  printLine(`${ended.endedAt.toFixed(0).padStart(6)} ${ended.violation?.invariant}: ${ended.violation?.detail}\n`);
}
