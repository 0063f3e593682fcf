/**
 * `deno task bench:transfer`: measures how quickly a replica that lost its disk fetches the state, and the effect on the others. See
 * `--help`.
 */
import { ConfigError } from "../crypto/config_error.ts";
import { readTransferPlan, USAGE } from "./transfer/plan.ts";
import { runTransfer, type TransferResult } from "./transfer/run.ts";

function report({ transfer, phases, ratios, check, fill }: TransferResult): void {
  const { replica, chunks, bytes, seconds, mibPerSecond, failures, levelSeconds } = transfer;
  console.log(
    `fill: ${fill.mib.toFixed(0)} MiB in ${fill.seconds.toFixed(1)} s, ${fill.mibPerSecond.toFixed(1)} MiB/s`,
  );
  const size = `${chunks} chunks, ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  console.log(`transfer to ${replica}: ${size} in ${seconds.toFixed(1)} s, ${mibPerSecond.toFixed(1)} MiB/s`);
  console.log(
    `  level with the others ${levelSeconds.toFixed(1)} s after its start; ${failures} requests without success`,
  );
  for (const { name, load, cpuPercent, residentMiB } of phases) {
    const rate = `${load.writesPerSecond.toFixed(0)} writes/s`.padEnd(13);
    const times = `p50 ${load.p50.toFixed(1)} ms, p99 ${load.p99.toFixed(1)} ms, max ${load.max.toFixed(0)} ms`;
    const each = Object.keys(cpuPercent).sort().map((id) =>
      `${id} ${cpuPercent[id]!.toFixed(0)} % ${residentMiB[id]?.toFixed(0) ?? "-"} MiB`
    );
    console.log(`${name.padEnd(20)} ${load.seconds.toFixed(1)} s: ${rate} ${times}; ${each.join(", ")}`);
  }
  for (const { phase, against, throughput, p50, p99 } of ratios) {
    const figures = `throughput ${throughput.toFixed(2)}, p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}`;
    console.log(`${phase} / ${against}: ${figures}`);
  }
  console.log(`${check.keys} keys of the load read, ${check.wrong.length} wrong`);
}

async function main(): Promise<number> {
  try {
    const plan = readTransferPlan(Deno.args);
    if (plan === null) {
      console.log(USAGE);
      return 0;
    }
    const result = await runTransfer(plan, console.log);
    if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify(result) + "\n");
    report(result);
    return result.check.wrong.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`bench:transfer: ${error.message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main());
