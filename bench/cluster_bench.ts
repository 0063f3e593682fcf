/** `deno task bench`: a real cluster under load by client processes, alone or beside etcd. See `--help`. */
import { createProgress } from "../tasks/support/progress.ts";
import { EXIT_DONE, runTask, type Terminal } from "../tasks/support/run_task.ts";
import { readBenchPlan, USAGE } from "./cluster/plan.ts";
import { plotBench } from "./cluster/plot.ts";
import { reportLines, rowLine } from "./cluster/report.ts";
import { runBench } from "./cluster/run.ts";

async function bench(args: readonly string[], print: Terminal["out"]): Promise<number> {
  const plan = readBenchPlan(args);
  const result = await runBench(plan, createProgress(true), (...row) => print(rowLine(...row)));
  for (const line of reportLines(result)) print(line);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify(result) + "\n");
  if (plan.svg !== null) await Deno.writeTextFile(plan.svg, plotBench(result));
  return EXIT_DONE;
}

if (import.meta.main) Deno.exit(await runTask({ name: "bench", usage: USAGE, run: bench }));
