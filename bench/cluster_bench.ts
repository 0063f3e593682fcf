/** `deno task bench`: a real cluster of processes on this machine, first idle, then under closed-loop writes. */
import { ConfigError } from "../crypto/config_error.ts";
import { PORTS_PER_REPLICA } from "../crypto/roster/generate_cluster.ts";
import { readFlags, wholeNumber } from "../tasks/support/flags.ts";
import { findFreePorts } from "../tasks/support/free_ports.ts";
import { LocalCluster } from "../tasks/support/local_cluster.ts";
import { createProgress, type Progress } from "../tasks/support/progress.ts";
import { EXIT_DONE, printLine, runTask } from "../tasks/support/run_task.ts";
import { closedLoop, type LoadResult } from "./support/load.ts";
import { cpuSeconds, residentMiB } from "./support/resources.ts";

const USAGE =
  `Measures a real cluster of processes on this machine: first idle, then under writes, each client with one under way.

Usage: bench [options]

  --replicas N       replicas (default 4)
  --clients N1,N2,…  numbers of clients, measured one after the other (default 1,64)
  --size N           bytes of a value (default 200)
  --seconds N        how long each number of clients is measured (default 10)
  --idle-seconds N   how long the idle cluster is (default 20)
  --json             one JSON value on standard output and nothing else
  --help             this text

Shows its progress on a terminal. Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

interface Plan {
  readonly replicas: number;
  readonly clients: readonly number[];
  readonly size: number;
  readonly seconds: number;
  readonly idleSeconds: number;
  readonly json: boolean;
}

interface Idle {
  readonly seconds: number;
  /** CPU use of each replica in per cent of one core. */
  readonly cpuPercent: readonly number[];
  readonly residentMiB: readonly number[];
}

function readPlan(args: readonly string[]): Plan {
  const flags = readFlags(args, ["replicas", "clients", "size", "seconds", "idle-seconds"], ["json"]);
  const clients = (flags.clients ?? "1,64").split(",").map((text) => wholeNumber("clients", text)!);
  if (clients.includes(0)) throw new ConfigError("--clients: given 0, wanted at least 1 each time");
  return {
    replicas: wholeNumber("replicas", flags.replicas) ?? 4,
    clients,
    size: wholeNumber("size", flags.size) ?? 200,
    seconds: wholeNumber("seconds", flags.seconds) ?? 10,
    idleSeconds: wholeNumber("idle-seconds", flags["idle-seconds"]) ?? 20,
    json: flags.json,
  };
}

async function measureIdle(cluster: LocalCluster, seconds: number, progress: Progress): Promise<Idle> {
  const pids = cluster.ids.map((id) => cluster.process(id).pid);
  const before = await Promise.all(pids.map(cpuSeconds));
  const started = performance.now();
  await whileShown(progress, "idle", seconds, new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
  const elapsed = (performance.now() - started) / 1000;
  const after = await Promise.all(pids.map(cpuSeconds));
  return {
    seconds,
    cpuPercent: after.map((value, i) => 100 * (value - before[i]!) / elapsed),
    residentMiB: await Promise.all(pids.map(residentMiB)),
  };
}

const SECOND_MS = 1000;

/** Shows the seconds that `work` has taken until it is done, and how many it will take if that is known. */
async function whileShown<T>(progress: Progress, what: string, seconds: number | null, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const all = seconds === null ? "" : ` of ${seconds}`;
  const show = () => progress.show(() => `${what}: ${((performance.now() - started) / SECOND_MS).toFixed(0)}${all} s`);
  show();
  const timer = setInterval(show, SECOND_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

async function run(plan: Plan): Promise<{ readonly idle: Idle; readonly load: readonly LoadResult[] }> {
  const dir = await Deno.makeTempDir();
  const progress = createProgress(!plan.json);
  try {
    const most = Math.max(...plan.clients);
    const basePort = findFreePorts(plan.replicas * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({ dir, replicas: plan.replicas, clients: most, basePort });
    await whileShown(progress, "starting replicas", null, cluster.startAll());
    const first = await cluster.client("c1");
    await first.put("bench", "warm");
    const idle = await measureIdle(cluster, plan.idleSeconds, progress);
    const others = Array.from({ length: most - 1 }, (_, i) => cluster.client(`c${i + 2}`));
    const clients = [first, ...await Promise.all(others)];
    const load: LoadResult[] = [];
    for (const count of plan.clients) {
      const measured = closedLoop(clients.slice(0, count), plan.seconds, plan.size);
      load.push(await whileShown(progress, `${count} clients`, plan.seconds, measured));
    }
    return { idle, load };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function report({ size }: Plan, idle: Idle, load: readonly LoadResult[]): void {
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" ");
  const total = idle.cpuPercent.reduce((a, b) => a + b, 0);
  const cpu = `${total.toFixed(1)} % of a core in all (${list(idle.cpuPercent)})`;
  printLine(`idle ${idle.seconds} s: ${cpu}, MiB ${list(idle.residentMiB)}`);
  for (const { clients, writes, writesPerSecond, p50, p99, max } of load) {
    const rate = `${writesPerSecond.toFixed(0)} writes/s of ${size} B`;
    const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
    printLine(`${clients} clients: ${rate}, ${times} (${writes} writes)`);
  }
}

async function bench(args: readonly string[]): Promise<number> {
  const plan = readPlan(args);
  const { idle, load } = await run(plan);
  if (plan.json) printLine(JSON.stringify({ plan, idle, load }));
  else report(plan, idle, load);
  return EXIT_DONE;
}

if (import.meta.main) Deno.exit(await runTask({ name: "bench", usage: USAGE, run: bench }));
