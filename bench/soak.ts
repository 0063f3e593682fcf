/**
 * `deno task soak`: a real cluster of processes under steady load for a long time, one of which loses its disk on the way. Reports the
 * resources it uses, and whether anything was lost. See `--help`.
 */
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../tasks/support/run_task.ts";
import { readSoakPlan, USAGE } from "./soak/plan.ts";
import { plotSoak } from "./soak/plot.ts";
import { runSoak, type SoakResult } from "./soak/run.ts";

function report({ flatness, comeback, verification, samples }: SoakResult): void {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  printLine(
    `\nsecond half of ${(last.seconds - first.seconds).toFixed(0)} s     mean        growth over it (a hour)`,
  );
  for (const { figure, unit, of, trend: { mean, slopePerHour, growth } } of flatness) {
    const value = `${mean.toFixed(1)} ${unit}`.padEnd(20);
    const percent = `${(100 * growth).toFixed(2)} %`.padStart(9);
    printLine(`  ${figure.padEnd(20)} ${of.padEnd(8)} ${value} ${percent}  (${slopePerHour.toFixed(2)} ${unit})`);
  }
  const { replica, lostAt, startedAt, transferredAt, memberAt, transfer } = comeback;
  const times = [startedAt, transferredAt, memberAt].map((at) => `${(at - lostAt).toFixed(1)} s`);
  printLine(`\n${replica} lost its disk; started again after ${times[0]}, had the state after ${times[1]}`);
  printLine(
    `(${transfer.chunks} chunks, ${transfer.bytes} bytes in ${transfer.ms} ms), a full member after ${times[2]}`,
  );
  const { acknowledged, unknown, keysRead, keysWrong, appliedIndex, equal, wrong } = verification;
  printLine(
    `\n${acknowledged} writes acknowledged, ${unknown} of unknown outcome; ${keysRead} keys read, ${keysWrong} wrong`,
  );
  for (const line of wrong) printLine(`  ${line}`);
  printLine(`${equal ? "one state" : "DIFFERENT STATES"} on all replicas at index ${appliedIndex}`);
}

async function soak(args: readonly string[]): Promise<number> {
  const plan = readSoakPlan(args);
  const result = await runSoak(plan, printLine);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify(result) + "\n");
  if (plan.svg !== null) await Deno.writeTextFile(plan.svg, plotSoak(plan, result.samples, result.events));
  report(result);
  return result.verification.equal && result.verification.keysWrong === 0 ? EXIT_DONE : EXIT_FAILED;
}

if (import.meta.main) Deno.exit(await runTask({ name: "soak", usage: USAGE, run: soak, endsOnSignal: true }));
