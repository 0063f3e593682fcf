/** Measures a cluster's peak, then more than that, and its memory under full load: each a new cluster. */
import type { Progress } from "../../tasks/support/progress.ts";
import { clusterKind } from "../cluster/cluster_system.ts";
import { watchForInterruption } from "../cluster/interruption.ts";
import { type BenchPlan, readBenchPlan } from "../cluster/plan.ts";
import type { Row } from "../cluster/row.ts";
import { type Show, showWith, sleep } from "../cluster/shown.ts";
import type { System } from "../cluster/system.ts";
import { residentMiB } from "../support/resources.ts";
import type { OverloadPlan } from "./plan.ts";
import type { Memory } from "./verdict.ts";

const SAMPLE_SECONDS = 10;
/** Fewest looks at the memory, however short the run. */
const LEAST_SAMPLES = 12;
/** Part of the overload's time that the peak is measured for. */
const PEAK_PART = 1 / 3;

export interface OverloadResult {
  readonly plan: OverloadPlan;
  readonly peak: Row;
  readonly over: Row;
  /** Null where it was not looked at. */
  readonly memory: Memory | null;
}

/** Runs `plan`. */
export async function runOverload(plan: OverloadPlan, progress: Progress): Promise<OverloadResult> {
  using interruption = watchForInterruption();
  const { seconds, times, memoryMinutes } = plan;
  const show = (what: string) => showWith(progress, what, interruption.happened);
  const peak = await once(fullLoad(plan, Math.ceil(PEAK_PART * seconds)), show("peak"), measure);
  const rate = Math.ceil(times * peak.writesPerSecond);
  const open = benchPlan(plan, seconds, "--mode", "open", "--rate", `${rate}`);
  const over = await once(open, show("overload"), measure);
  if (memoryMinutes === 0) return { plan, peak, over, memory: null };
  const memory = await once(fullLoad(plan, 60 * memoryMinutes), show("memory"), watchMemory);
  return { plan, peak, over, memory };
}

const fullLoad = (plan: OverloadPlan, seconds: number): BenchPlan => {
  const { processes, outstanding } = plan;
  const clients = ["--clients", `${processes}`, "--outstanding", `${outstanding}`];
  return benchPlan(plan, seconds, "--mode", "pipelined", ...clients);
};

const benchPlan = ({ processes, size }: OverloadPlan, seconds: number, ...args: string[]): BenchPlan =>
  readBenchPlan([...args, "--processes", `${processes}`, "--size", `${size}`, "--seconds", `${seconds}`]);

async function once<T>(plan: BenchPlan, show: Show, act: (system: System, plan: BenchPlan) => Promise<T>): Promise<T> {
  const dir = await Deno.makeTempDir();
  try {
    await using system = await clusterKind(plan).open(dir, plan, show);
    return await act(system, plan);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const measure = (system: System, { clients }: BenchPlan): Promise<Row> => system.measure(clients[0]!);

async function watchMemory(system: System, plan: BenchPlan): Promise<Memory> {
  const memory = Object.fromEntries(Object.keys(system.servers).map((name): [string, number[]] => [name, []]));
  let ended = false;
  const measured = measure(system, plan).finally(() => ended = true);
  const everySeconds = Math.min(SAMPLE_SECONDS, plan.seconds / LEAST_SAMPLES);
  while (!ended) {
    await Promise.race([measured, sleep(everySeconds)]);
    if (ended) break;
    for (const [name, pid] of Object.entries(system.servers)) memory[name]!.push(await residentMiB(pid));
  }
  await measured;
  return memory;
}
