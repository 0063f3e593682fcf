/**
 * Does one fault after the other to a real cluster that a real Prometheus scrapes, and prints which alerts each raised and how soon. Ends with 1 if one did not fire, or
 * still fires some time after its fault is over. To be run with SIGXFSZ ignored, which its replicas inherit (docs/metrics.md has the command).
 */
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { textTable } from "../../../tasks/support/text_table.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { type Fault, FAULTS, type Stage } from "./faults.ts";
import { delay, writeOn } from "./load.ts";
import { Prometheus } from "./prometheus.ts";

/** Time within which the alerts of a fault have to fire, and to be over after it, in milliseconds. */
const PATIENCE_MS = 60_000;
const POLL_MS = 100;

interface Outcome {
  readonly fault: string;
  readonly alert: string;
  readonly firedMs: number;
}

/** Faults whose names begin with one of the arguments; all of them without any. */
const faultsToDo = FAULTS.filter(({ what }) =>
  Deno.args.length === 0 || Deno.args.some((name) => what.startsWith(name))
);
if (faultsToDo.length === 0) throw new Error(`given ${Deno.args.join(", ")}, wanted beginnings of faults' names`);
/** Evidence stays, and what follows from a liar that was stopped; the run ends with it. */
const LAST = FAULTS.at(-1)!;

async function waitUntil(prometheus: Prometheus, fires: (names: ReadonlySet<string>) => boolean): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  for (; performance.now() < deadline; await delay(POLL_MS)) {
    if (fires(new Set((await prometheus.firing()).map(({ name }) => name)))) return true;
  }
  return false;
}

async function play(fault: Fault, stage: Stage, prometheus: Prometheus): Promise<Outcome[]> {
  const missing = new Set(fault.alerts);
  const outcomes: Outcome[] = [];
  const begun = performance.now();
  const end = await fault.begin(stage);
  await waitUntil(prometheus, (names) => {
    for (const alert of missing) {
      if (!names.has(alert)) continue;
      missing.delete(alert);
      outcomes.push({ fault: fault.what, alert, firedMs: performance.now() - begun });
    }
    return missing.size === 0;
  });
  await end();
  return [...outcomes, ...[...missing].map((alert) => ({ fault: fault.what, alert, firedMs: NaN }))];
}

const seconds = (ms: number): string => Number.isNaN(ms) ? "never" : (ms / 1000).toFixed(1);

async function run(stage: Stage, prometheus: Prometheus): Promise<boolean> {
  const rows: string[][] = [];
  const all = stage.cluster.ids.length;
  await eventually("all are healthy", async () => await prometheus.value("sum(bft_raft_healthy)") === all, PATIENCE_MS);
  let isGood = await waitUntil(prometheus, (names) => names.size === 0);
  for (const fault of faultsToDo) {
    const outcomes = await play(fault, stage, prometheus);
    const over = performance.now();
    const isQuiet = fault === LAST || await waitUntil(prometheus, (names) => names.size === 0);
    const overMs = fault === LAST ? "stays" : seconds(isQuiet ? performance.now() - over : NaN);
    if (!isQuiet) console.error(`still firing: ${(await prometheus.firing()).map(({ name }) => name).join(", ")}`);
    for (const { alert, firedMs } of outcomes) rows.push([fault.what, alert, seconds(firedMs), overMs]);
    isGood &&= isQuiet && outcomes.every(({ firedMs }) => !Number.isNaN(firedMs));
  }
  for (const line of textTable(["fault", "alert", "fires after s", "all quiet after s"], rows)) console.log(line);
  return isGood;
}

let isGood = false;
await withLocalCluster({}, async (cluster) => {
  const base = findFreePorts(cluster.ids.length + 1);
  const portOf = (id: string) => base + cluster.ids.indexOf(id);
  const start = (id: string, ...flags: string[]) => cluster.start(id, "--http", `127.0.0.1:${portOf(id)}`, ...flags);
  await Promise.all(cluster.ids.map((id) => start(id)));
  const prometheusPort = base + cluster.ids.length;
  await using prometheus = await Prometheus.start(`${cluster.dir}/prometheus`, prometheusPort, cluster.ids.map(portOf));
  const observer = await Observer.of(cluster, "c2");
  const stopWriting = writeOn(await cluster.client("c1"));
  try {
    isGood = await run({ cluster, observer, operator: await cluster.client("operator"), start }, prometheus);
  } finally {
    await stopWriting();
  }
});
Deno.exit(isGood ? 0 : 1);
