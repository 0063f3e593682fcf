/**
 * `deno task bench:gateway`: measures a gateway under many connections, beside a program that uses the library, and how late its listeners hear of
 * writes. See `--help`.
 */
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../tasks/support/run_task.ts";
import { readGatewayPlan, USAGE } from "./gateway/plan.ts";
import { runGateway } from "./gateway/run.ts";

async function gateway(args: readonly string[]): Promise<number> {
  const plan = readGatewayPlan(args);
  const result = await runGateway(plan, printLine);
  if (plan.json !== null) await Deno.writeTextFile(plan.json, JSON.stringify(result) + "\n");
  const { library, http, watch } = result;
  for (const [what, { perSecond, p50, p99, failed }] of [...Object.entries(library), ...Object.entries(http)]) {
    printLine(
      `${what.padEnd(16)} ${perSecond.toFixed(0).padStart(6)}/s  p50 ${p50.toFixed(1)} ms  p99 ${
        p99.toFixed(1)
      } ms  ${failed} failed`,
    );
  }
  const ratio = (what: "writes" | "reads") =>
    (http[`gateway ${what}`].perSecond / library[`library ${what}`].perSecond).toFixed(2);
  printLine(`gateway / library: writes ${ratio("writes")}, reads ${ratio("reads")}`);
  const { listeners, writes, wrong, delay: { p50, p99, max }, write } = watch;
  printLine(
    `${listeners} listeners, ${writes} writes: heard p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${
      max.toFixed(0)
    } ms ` +
      `after the write began, which took p50 ${write.p50.toFixed(1)} ms; ${wrong} listeners missed or repeated one`,
  );
  return wrong === 0 && Object.values({ ...library, ...http }).every(({ failed }) => failed === 0)
    ? EXIT_DONE
    : EXIT_FAILED;
}

if (import.meta.main) {
  Deno.exit(await runTask({ name: "bench:gateway", usage: USAGE, run: gateway, endsOnSignal: true }));
}
