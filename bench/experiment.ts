/** `deno task experiment`: the time to commit k commands, and what each security feature costs. See `--help`. */
import { createProgress } from "../tasks/support/progress.ts";
import { EXIT_DONE, runTask, type Terminal } from "../tasks/support/run_task.ts";
import { readExperimentPlan, USAGE } from "./experiment/plan.ts";
import { csvOf, plotOf, reportLines } from "./experiment/report.ts";
import { runExperiment } from "./experiment/run.ts";

async function experiment(args: readonly string[], print: Terminal["out"]): Promise<number> {
  const plan = readExperimentPlan(args);
  const result = await runExperiment(plan, createProgress(true), (name, run, points) => {
    print(`run ${run}, ${name}: ${points.map(({ commands, ms }) => `${commands} in ${ms.toFixed(1)} ms`).join(", ")}`);
  });
  for (const line of reportLines(result)) print(line);
  if (result.etcd === null) print("etcd is not on PATH, and was not measured");
  if (plan.csv !== null) await Deno.writeTextFile(plan.csv, csvOf(result));
  if (plan.svg !== null) await Deno.writeTextFile(plan.svg, plotOf(result));
  return EXIT_DONE;
}

if (import.meta.main) Deno.exit(await runTask({ name: "experiment", usage: USAGE, run: experiment }));
