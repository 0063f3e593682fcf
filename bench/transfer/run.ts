/** Runs one measurement of a state transfer. */
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { presentLeader } from "../../tasks/support/change_leader.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { endRecovery, hasState, loseDisk } from "../../tasks/support/lost_disk.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { type LoggedEvent, loggedEvent } from "../../tasks/support/process_events.ts";
import { type CheckResult, SteadyLoad } from "../support/steady_load.ts";
import { fill } from "./fill.ts";
import { type Phase, phase, type Ratios, ratios } from "./phases.ts";
import type { TransferPlan } from "./plan.ts";

const FLAGS = ["--log-level", "info"] as const;
const LONG_MS = 600_000;
const MIB = 1024 * 1024;

export interface TransferResult {
  readonly plan: TransferPlan;
  readonly machine: { readonly cores: number; readonly deno: string };
  readonly fill: { readonly mib: number; readonly seconds: number; readonly mibPerSecond: number };
  readonly transfer: {
    readonly replica: string;
    readonly leader: string;
    readonly chunks: number;
    readonly bytes: number;
    /** Seconds from the first chunk asked for until everything was fetched and installed. */
    readonly seconds: number;
    readonly mibPerSecond: number;
    /** Number of times a source was slow, lacked what was asked for, or lied. */
    readonly failures: number;
    /** Seconds from the start of the process until it was level with the others. */
    readonly levelSeconds: number;
  };
  readonly phases: readonly Phase[];
  readonly ratios: readonly Ratios[];
  readonly check: CheckResult;
}

/** Runs `plan`; `say` gets a line per event. */
export async function runTransfer(plan: TransferPlan, say: (line: string) => void): Promise<TransferResult> {
  const dir = await Deno.makeTempDir();
  try {
    await using cluster = await LocalCluster.open({
      ...{ dir, replicas: plan.replicas, clients: plan.clients + 2 },
      basePort: findFreePorts(plan.replicas * PORTS_PER_REPLICA),
      constants: { checkpointEvery: plan.checkpointEvery, logTail: plan.logTail },
    });
    await cluster.startAll(...FLAGS);
    return await measure(plan, cluster, say);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function measure(
  plan: TransferPlan,
  cluster: LocalCluster,
  say: (line: string) => void,
): Promise<TransferResult> {
  const ids = Array.from({ length: plan.clients }, (_, i) => `c${i + 1}`);
  const clients = await Promise.all(ids.map((id) => cluster.client(id)));
  const observer = await Observer.of(cluster, `c${plan.clients + 1}`);
  const other = await cluster.client(`c${plan.clients + 2}`);
  const filled = await timedFill(plan, cluster, observer, other);
  say(`filled with ${filled.mib.toFixed(0)} MiB in ${filled.seconds.toFixed(1)} s`);
  const load = new SteadyLoad(clients, { keys: 100 * plan.clients, size: plan.size, rate: plan.rate });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1000 * plan.seconds));
  const inPhase = (name: string, act: () => Promise<unknown>) => phase(name, cluster, load, act);
  // The system is still busy writing the fill to disk; this is no baseline for later phases.
  const settling = await inPhase("right after filling", pause);
  const before = await inPhase("four replicas", pause);
  const leader = presentLeader(await observer.statuses(cluster.ids))!.leader;
  const replica = cluster.ids.findLast((id) => id !== leader)!;
  await loseDisk(cluster, replica);
  const without = await inPhase("three replicas", pause);
  const run = { transfer: null as TransferResult["transfer"] | null };
  const during = await inPhase("transfer", async () => {
    run.transfer = await transfer(cluster, observer, replica, leader);
  });
  say(`transferred ${run.transfer!.chunks} chunks at ${run.transfer!.mibPerSecond.toFixed(1)} MiB/s`);
  await endRecovery(cluster, observer, replica, FLAGS);
  const after = await inPhase("four replicas again", pause);
  await load.stop();
  return {
    plan,
    machine: { cores: navigator.hardwareConcurrency, deno: Deno.version.deno },
    ...{ fill: filled, transfer: run.transfer! },
    phases: [settling, before, without, during, after],
    ratios: [ratios(during, before), ratios(during, without), ratios(after, before)],
    check: await load.check(other),
  };
}

async function timedFill(
  { mib, valueKib }: TransferPlan,
  cluster: LocalCluster,
  observer: Observer,
  client: Awaited<ReturnType<LocalCluster["client"]>>,
): Promise<TransferResult["fill"]> {
  const start = performance.now();
  const count = Math.ceil(mib * 1024 / valueKib);
  await fill(client, count, valueKib * 1024);
  const seconds = (performance.now() - start) / 1000;
  const written = count * valueKib / 1024;
  // So that the next snapshots are small, and the one to be fetched has everything.
  await eventually("a stable checkpoint near the end of the log", async () => {
    const statuses = await observer.statuses(cluster.ids);
    const { checkpointEvery } = cluster.roster.constants;
    return statuses.length === cluster.ids.length &&
      statuses.every(({ checkpoint, commitIndex }) => (checkpoint?.index ?? 0) + checkpointEvery >= commitIndex);
  }, LONG_MS);
  return { mib: written, seconds, mibPerSecond: written / seconds };
}

async function transfer(
  cluster: LocalCluster,
  observer: Observer,
  replica: string,
  leader: string,
): Promise<TransferResult["transfer"]> {
  const start = performance.now();
  const process = await cluster.start(replica, "--recover", ...FLAGS);
  const { chunks, bytes, ms } = await loggedEvent(process, "state-transferred", LONG_MS);
  const others = await observer.statuses(cluster.ids.filter((id) => id !== replica));
  await hasState(observer, replica, Math.max(...others.map(({ commitIndex }) => commitIndex)), LONG_MS);
  const failures = process.stderr.lines.filter((line) =>
    (JSON.parse(line) as LoggedEvent).event === "chunks-not-fetched"
  );
  return {
    ...{ replica, leader, chunks: Number(chunks), bytes: Number(bytes), seconds: Number(ms) / 1000 },
    mibPerSecond: Number(bytes) / MIB / (Number(ms) / 1000),
    failures: failures.length,
    levelSeconds: (performance.now() - start) / 1000,
  };
}
