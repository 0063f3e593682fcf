/** One soak, from an empty cluster to its verification. */
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { SteadyLoad } from "../support/steady_load.ts";
import { type Flatness, flatnessOf } from "./flatness.ts";
import type { SoakPlan } from "./plan.ts";
import { type Sample, Timeline, type TimelineEvent } from "./timeline.ts";
import { type Verification, verify } from "./verify.ts";
import { type Comeback, REPLICA_FLAGS, wipeAndRecover } from "./wipe.ts";

/** Maximum number of samples of a run, so that the files stay readable. */
const MOST_SAMPLES = 400;
const LEAST_INTERVAL_S = 2;

export interface SoakResult {
  readonly plan: SoakPlan;
  readonly machine: { readonly cores: number; readonly deno: string };
  readonly samples: readonly Sample[];
  readonly events: readonly TimelineEvent[];
  readonly comeback: Comeback;
  readonly flatness: readonly Flatness[];
  readonly verification: Verification;
}

/** Runs `plan`; `say` gets a line per event. */
export async function runSoak(plan: SoakPlan, say: (line: string) => void): Promise<SoakResult> {
  const dir = await Deno.makeTempDir();
  try {
    await using cluster = await LocalCluster.open({
      ...{ dir, replicas: plan.replicas, clients: plan.clients + 2 },
      basePort: findFreePorts(plan.replicas * PORTS_PER_REPLICA),
      constants: { checkpointEvery: plan.checkpointEvery, logTail: plan.logTail },
    });
    await cluster.startAll(...REPLICA_FLAGS);
    return await soak(plan, cluster, say);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function soak(plan: SoakPlan, cluster: LocalCluster, say: (line: string) => void): Promise<SoakResult> {
  const ids = Array.from({ length: plan.clients }, (_, i) => `c${i + 1}`);
  const clients = await Promise.all(ids.map((id) => cluster.client(id)));
  const observer = await Observer.of(cluster, `c${plan.clients + 1}`);
  const reader = await cluster.client(`c${plan.clients + 2}`);
  await reader.put("ready", "yes", { timeoutMs: 60_000 });
  const timeline = new Timeline(say);
  const load = new SteadyLoad(clients, plan);
  const seconds = 60 * plan.minutes;
  const interval = Math.max(LEAST_INTERVAL_S, seconds / MOST_SAMPLES);
  const [, comeback] = await Promise.all([
    timeline.sampleUntil(seconds, interval, { cluster, observer, load }),
    after(60 * plan.wipeAtMinutes, () => wipeAndRecover(cluster, observer, timeline)),
  ]);
  await load.stop();
  say(`${timeline.seconds.toFixed(1).padStart(7)} s  ${load.acknowledged} writes acknowledged; reading them back`);
  const { samples, events } = timeline;
  return {
    plan,
    machine: { cores: navigator.hardwareConcurrency, deno: Deno.version.deno },
    ...{ samples, events, comeback },
    flatness: flatnessOf(samples, seconds),
    verification: await verify(cluster, observer, load, reader),
  };
}

async function after<T>(seconds: number, act: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  return await act();
}
