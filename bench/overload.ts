/** `deno task bench:overload`: more load than a cluster can take, and its memory under full load. See `--help`. */
import { createProgress } from "../tasks/support/progress.ts";
import { EXIT_DONE, EXIT_FAILED, runTask, type Terminal } from "../tasks/support/run_task.ts";
import { readOverloadPlan, USAGE } from "./overload/plan.ts";
import { runOverload } from "./overload/run.ts";
import { judgeMemory, judgeOverload } from "./overload/verdict.ts";

async function overload(args: readonly string[], print: Terminal["out"]): Promise<number> {
  const plan = readOverloadPlan(args);
  const result = await runOverload(plan, createProgress(true));
  const { peak, over, memory } = result;
  const findings = [...judgeOverload(peak, over, plan.times), ...(memory === null ? [] : judgeMemory(memory))];
  for (const { held, text } of findings) print(`${held ? "held" : "NOT HELD"}: ${text}`);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify({ ...result, findings }) + "\n");
  return findings.every(({ held }) => held) ? EXIT_DONE : EXIT_FAILED;
}

if (import.meta.main) Deno.exit(await runTask({ name: "bench:overload", usage: USAGE, run: overload }));
