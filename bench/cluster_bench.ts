/**
 * `deno task bench`: a real cluster of processes on this machine, first idle, then under closed-loop writes.
 *
 *     deno task bench [--replicas 4] [--clients 1,64] [--size 200] [--seconds 10] [--idle-seconds 20] [--json]
 */
import { ConfigError } from "../crypto/config_error.ts";
import { PORTS_PER_REPLICA } from "../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../tasks/support/free_ports.ts";
import { readFlags, wholeNumber } from "../tasks/support/flags.ts";
import { LocalCluster } from "../tasks/support/local_cluster.ts";
import { closedLoop, type LoadResult } from "./support/load.ts";
import { cpuSeconds, residentMiB } from "./support/resources.ts";

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
  return {
    replicas: wholeNumber("replicas", flags.replicas) ?? 4,
    clients: (flags.clients ?? "1,64").split(",").map((text) => wholeNumber("clients", text)!),
    size: wholeNumber("size", flags.size) ?? 200,
    seconds: wholeNumber("seconds", flags.seconds) ?? 10,
    idleSeconds: wholeNumber("idle-seconds", flags["idle-seconds"]) ?? 20,
    json: flags.json,
  };
}

async function measureIdle(cluster: LocalCluster, seconds: number): Promise<Idle> {
  const pids = cluster.ids.map((id) => cluster.process(id).pid);
  const before = await Promise.all(pids.map(cpuSeconds));
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const elapsed = (performance.now() - started) / 1000;
  const after = await Promise.all(pids.map(cpuSeconds));
  return {
    seconds,
    cpuPercent: after.map((value, i) => 100 * (value - before[i]!) / elapsed),
    residentMiB: await Promise.all(pids.map(residentMiB)),
  };
}

async function run(plan: Plan): Promise<{ readonly idle: Idle; readonly load: readonly LoadResult[] }> {
  const dir = await Deno.makeTempDir();
  try {
    const most = Math.max(...plan.clients);
    const basePort = findFreePorts(plan.replicas * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({ dir, replicas: plan.replicas, clients: most, basePort });
    await cluster.startAll();
    const first = await cluster.client("c1");
    await first.put("bench", "warm");
    const idle = await measureIdle(cluster, plan.idleSeconds);
    const others = Array.from({ length: most - 1 }, (_, i) => cluster.client(`c${i + 2}`));
    const clients = [first, ...await Promise.all(others)];
    const load: LoadResult[] = [];
    for (const count of plan.clients) load.push(await closedLoop(clients.slice(0, count), plan.seconds, plan.size));
    return { idle, load };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function report({ size }: Plan, idle: Idle, load: readonly LoadResult[]): void {
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" ");
  const total = idle.cpuPercent.reduce((a, b) => a + b, 0);
  const cpu = `${total.toFixed(1)} % of a core in all (${list(idle.cpuPercent)})`;
  console.log(`idle ${idle.seconds} s: ${cpu}, MiB ${list(idle.residentMiB)}`);
  for (const { clients, writes, writesPerSecond, p50, p99, max } of load) {
    const rate = `${writesPerSecond.toFixed(0)} writes/s of ${size} B`;
    const times = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
    console.log(`${clients} clients: ${rate}, ${times} (${writes} writes)`);
  }
}

async function main(): Promise<number> {
  try {
    const plan = readPlan(Deno.args);
    const { idle, load } = await run(plan);
    if (plan.json) console.log(JSON.stringify({ plan, idle, load }));
    else report(plan, idle, load);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`bench: ${error.message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main());
