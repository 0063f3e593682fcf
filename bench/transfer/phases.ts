/** Measures the steady load in each phase of a run, and the resources the replicas used for it. */
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { cpuSeconds, residentMiB } from "../support/resources.ts";
import type { SteadyLoad, Window } from "../support/steady_load.ts";

export interface Phase {
  readonly name: string;
  /** Latencies in milliseconds. */
  readonly load: Window;
  /** Per cent of one core that each running replica used, and the memory it had at the end. */
  readonly cpuPercent: Readonly<Record<string, number>>;
  readonly residentMiB: Readonly<Record<string, number>>;
}

/** Measures the load while `act` runs. */
export async function phase(
  name: string,
  cluster: LocalCluster,
  load: SteadyLoad,
  act: () => Promise<unknown>,
): Promise<Phase> {
  const before = await cpuOf(cluster);
  load.window();
  await act();
  const window = load.window();
  const after = await cpuOf(cluster);
  const used = [...after].map(([id, { pid, seconds }]): [string, number] => {
    const start = before.get(id);
    // A process started meanwhile has used all its time in this phase.
    const since = start?.pid === pid ? start.seconds : 0;
    return [id, 100 * (seconds - since) / window.seconds];
  });
  const memory = await Promise.all(cluster.running.map(async (id): Promise<[string, number]> => [
    id,
    await residentMiB(cluster.process(id).pid),
  ]));
  return { name, load: window, cpuPercent: Object.fromEntries(used), residentMiB: Object.fromEntries(memory) };
}

async function cpuOf(cluster: LocalCluster) {
  const found = cluster.running.map(
    async (id): Promise<[string, { readonly pid: number; readonly seconds: number }]> => {
      const { pid } = cluster.process(id);
      return [id, { pid, seconds: await cpuSeconds(pid) }];
    },
  );
  return new Map(await Promise.all(found));
}

/** A phase relative to another one: 1 is the same; throughput below 1 and latency above 1 are worse. */
export interface Ratios {
  readonly phase: string;
  readonly against: string;
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
}

export const ratios = (phase: Phase, against: Phase): Ratios => ({
  phase: phase.name,
  against: against.name,
  throughput: phase.load.writesPerSecond / against.load.writesPerSecond,
  p50: phase.load.p50 / against.load.p50,
  p99: phase.load.p99 / against.load.p99,
});
