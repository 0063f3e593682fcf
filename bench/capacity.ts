/** `deno task bench:capacity`: one replica alone, fed the recorded traffic of its peers. See `--help`. */
import { createProgress } from "../tasks/support/progress.ts";
import { EXIT_DONE, runTask, type Terminal } from "../tasks/support/run_task.ts";
import { figure } from "../tasks/support/text_table.ts";
import { type Capacity, feed } from "./capacity/feed.ts";
import { readCapacityPlan, USAGE } from "./capacity/plan.ts";
import { recordTraffic } from "./capacity/record_traffic.ts";
import { readTraffic } from "./capacity/traffic.ts";
import { whileShown } from "./cluster/shown.ts";
import { medianOf } from "./support/median.ts";

function lineOf(found: Capacity): string {
  const { commands, entries, seconds, commandsPerSecond, commandsPerCoreSecond, signed, verified, transactions } =
    found;
  return [
    `${commands} commands in ${figure(seconds)} s, ${figure(commands / entries)} an entry`,
    `${figure(commandsPerSecond)} commands/s, ${figure(commandsPerCoreSecond)} in a second of its processor time`,
    `a command: ${figure(verified)} signatures checked, ${figure(signed)} made, ${figure(transactions)} transactions`,
  ].join("; ");
}

async function capacity(args: readonly string[], print: Terminal["out"]): Promise<number> {
  const plan = readCapacityPlan(args);
  const progress = createProgress(true);
  const dir = await Deno.makeTempDir();
  const runs: Capacity[] = [];
  try {
    const recorded = await whileShown(progress, "recording", plan.seconds, recordTraffic(plan, dir));
    const traffic = await readTraffic(recorded.path, recorded.follower);
    for (let run = 1; run <= plan.runs; run++) {
      const fed = feed(plan, recorded, traffic, `${dir}/alone-${run}`);
      runs.push(await whileShown(progress, `run ${run} of ${plan.runs}`, null, fed));
      print(`run ${run}: ${lineOf(runs.at(-1)!)}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  const median = medianOf(runs);
  print(`one follower of ${plan.replicas}: ${figure(median.commandsPerCoreSecond)} commands/s a core`);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify({ plan, runs, median }) + "\n");
  return EXIT_DONE;
}

if (import.meta.main) {
  Deno.exit(await runTask({ name: "bench:capacity", usage: USAGE, run: capacity, endsOnSignal: true }));
}
