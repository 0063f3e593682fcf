/** Runs a plan: the systems in turn, A B A B, each time anew and alone on the machine. */
import type { Progress } from "../../tasks/support/progress.ts";
import { etcdKind } from "../etcd/etcd_system.ts";
import { findEtcd } from "../etcd/find_etcd.ts";
import { medianOf } from "../support/median.ts";
import { sampleProc } from "../support/proc_sample.ts";
import { residentMiB } from "../support/resources.ts";
import type { BenchResult, Idle, RunResult } from "./bench_result.ts";
import { clusterKind } from "./cluster_system.ts";
import { compare } from "./compare.ts";
import { watchForInterruption } from "./interruption.ts";
import { describeMachine } from "./machine.ts";
import type { BenchPlan } from "./plan.ts";
import type { Row } from "./row.ts";
import { type Show, showWith, sleep, whileShown } from "./shown.ts";
import type { System } from "./system.ts";

/** Gets every row as soon as it is measured. */
export type OnRow = (run: number, system: string, row: Row) => void;

/** Runs `plan`. Throws `ConfigError` if the system to compare with is not there. */
export async function runBench(plan: BenchPlan, progress: Progress, onRow: OnRow): Promise<BenchResult> {
  const machine = await describeMachine();
  const kinds = [clusterKind(plan)];
  if (plan.byzantine !== null) kinds.push(clusterKind({ ...plan, byzantine: null }));
  if (plan.etcd !== null) kinds.push(etcdKind(plan.etcd, await findEtcd(plan.etcd), plan));
  using interruption = watchForInterruption();
  const runs: RunResult[][] = kinds.map(() => []);
  for (let run = 1; run <= plan.runs; run++) {
    for (const [i, kind] of kinds.entries()) {
      const where = `run ${run} of ${plan.runs}, ${kind.name}`;
      const show = showWith(progress, where, interruption.happened);
      const opened = (dir: string) => whileShown(progress, `${where}, starting`, null, kind.open(dir, plan, show));
      runs[i]!.push(await runOnce(opened, plan, show, (row) => onRow(run, kind.name, row)));
    }
  }
  const systems = kinds.map(({ name, servers, load }, i) => {
    return { name, servers, load, runs: runs[i]!, medians: medianOf(runs[i]!) };
  });
  const [ours, theirs] = systems.map(({ medians }) => medians.rows);
  return { plan, machine, systems, comparison: theirs === undefined ? null : compare(ours!, theirs) };
}

async function runOnce(
  opened: (dir: string) => Promise<System>,
  plan: BenchPlan,
  show: Show,
  onRow: (row: Row) => void,
): Promise<RunResult> {
  const dir = await Deno.makeTempDir();
  try {
    await using system = await opened(dir);
    const idle = plan.idleSeconds === 0 ? null : await measureIdle(system, plan.idleSeconds, show);
    await system.warmUp(Math.max(...plan.clients));
    const rows: Row[] = [];
    for (const clients of plan.clients) {
      const row = await system.measure(clients);
      rows.push(row);
      onRow(row);
    }
    return { idle, rows };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function measureIdle({ servers }: System, wanted: number, show: Show): Promise<Idle> {
  const before = await sampleProc(servers);
  await show("idle", wanted, sleep(wanted));
  const after = await sampleProc(servers);
  const seconds = (after.at - before.at) / 1000;
  const percent = (name: string) => 100 * (after.cpuSeconds[name]! - before.cpuSeconds[name]!) / seconds;
  const memory = Object.entries(servers).map(async ([name, pid]) => [name, await residentMiB(pid)] as const);
  return {
    seconds,
    cpuPercent: Object.fromEntries(Object.keys(servers).map((name) => [name, percent(name)])),
    residentMiB: Object.fromEntries(await Promise.all(memory)),
  };
}
