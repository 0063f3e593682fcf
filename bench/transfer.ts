/**
 * `deno task bench:transfer`: measures how quickly a replica that lost its disk fetches the state, and the effect on the others. See
 * `--help`.
 */
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../tasks/support/run_task.ts";
import { readTransferPlan, USAGE } from "./transfer/plan.ts";
import { runTransfer, type TransferResult } from "./transfer/run.ts";

function report({ transfer, phases, ratios, check, fill }: TransferResult): void {
  const { replica, chunks, bytes, seconds, mibPerSecond, failures, levelSeconds } = transfer;
  printLine(
    `fill: ${fill.mib.toFixed(0)} MiB in ${fill.seconds.toFixed(1)} s, ${fill.mibPerSecond.toFixed(1)} MiB/s`,
  );
  const size = `${chunks} chunks, ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  printLine(`transfer to ${replica}: ${size} in ${seconds.toFixed(1)} s, ${mibPerSecond.toFixed(1)} MiB/s`);
  printLine(
    `  level with the others ${levelSeconds.toFixed(1)} s after its start; ${failures} requests without success`,
  );
  for (const { name, load, cpuPercent, residentMiB } of phases) {
    const rate = `${load.writesPerSecond.toFixed(0)} writes/s`.padEnd(13);
    const times = `p50 ${load.p50.toFixed(1)} ms, p99 ${load.p99.toFixed(1)} ms, max ${load.max.toFixed(0)} ms`;
    const each = Object.keys(cpuPercent).sort().map((id) =>
      `${id} ${cpuPercent[id]!.toFixed(0)} % ${residentMiB[id]?.toFixed(0) ?? "-"} MiB`
    );
    printLine(`${name.padEnd(20)} ${load.seconds.toFixed(1)} s: ${rate} ${times}; ${each.join(", ")}`);
  }
  for (const { phase, against, throughput, p50, p99 } of ratios) {
    const figures = `throughput ${throughput.toFixed(2)}, p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`;
    printLine(`${phase} / ${against}: ${figures}`);
  }
  printLine(`${check.keys} keys of the load read, ${check.wrong.length} wrong`);
}

async function transfer(args: readonly string[]): Promise<number> {
  const plan = readTransferPlan(args);
  const result = await runTransfer(plan, printLine);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify(result) + "\n");
  report(result);
  return result.check.wrong.length === 0 ? EXIT_DONE : EXIT_FAILED;
}

if (import.meta.main) {
  Deno.exit(await runTask({ name: "bench:transfer", usage: USAGE, run: transfer, endsOnSignal: true }));
}
