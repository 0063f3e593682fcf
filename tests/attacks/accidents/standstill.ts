/** A replica that stands still for a while under load, and how soon it is level with the others afterwards. */
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { Load } from "../arena/load.ts";
import { pause } from "../support/crowd.ts";

const PATIENCE_MS = 60_000;
const WRITERS = 8;
const REPLICAS = 4;
/** The one that stands still, and one that does not. */
const [VICTIM, OTHER] = ["r4", "r1"];

export const STANDSTILLS = ["stopped", "blocked-disk"] as const;
export type Standstill = typeof STANDSTILLS[number];

export interface Woken {
  readonly kind: Standstill;
  readonly seconds: number;
  /** Time from its waking until it had applied all that was committed then, in milliseconds. */
  readonly caughtUpMs: number;
  /** Entries it lacked when it was first heard of again; 0 if it had caught up by then. */
  readonly missed: number;
  /** Writes acknowledged while it stood still, and those that failed. */
  readonly acknowledged: number;
  readonly failures: readonly string[];
  /** Replicas that run afterwards. */
  readonly running: readonly string[];
}

/**
 * Has r4 stand still for `seconds`: stopped by a signal, or with its thread blocked in a commit. With `thinkMs` the
 * load pauses between rounds of writes.
 */
export async function standStill(kind: Standstill, seconds: number, thinkMs = 0): Promise<Woken> {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(REPLICAS * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({ dir, replicas: REPLICAS, clients: 2, basePort });
    await Promise.all(cluster.ids.filter((id) => id !== VICTIM).map((id) => cluster.start(id)));
    await using victim = await startVictim(cluster, seconds);
    const [client, observer] = [await cluster.client("c1"), await Observer.of(cluster, "c2")];
    return await fallAndRise(kind, seconds, { cluster, victim, observer, load: new Load([client], WRITERS, thinkMs) });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

interface Situation {
  readonly cluster: LocalCluster;
  readonly victim: DenoProcess;
  readonly observer: Observer;
  readonly load: Load;
}

async function fallAndRise(kind: Standstill, seconds: number, situation: Situation): Promise<Woken> {
  const { cluster, victim, observer, load } = situation;
  await eventually("writes, in r4 too", async () => (await levelOf(observer, VICTIM)) > 20, PATIENCE_MS);
  const before = load.acknowledged;
  const rise = await fall(kind, victim);
  await pause(seconds * 1000);
  const acknowledged = load.acknowledged - before;
  const wanted = await levelOf(observer, OTHER);
  const woke = performance.now();
  const missed = await rise(wanted, observer);
  await eventually("r4 is level", async () => (await levelOf(observer, VICTIM)) >= wanted, PATIENCE_MS);
  const caughtUpMs = Math.round(performance.now() - woke);
  await load.stop();
  const running = [...cluster.running, ...(victim.running ? [VICTIM] : [])];
  return { kind, seconds, caughtUpMs, missed, acknowledged, failures: load.failures, running };
}

/** Starts r4 with a disk that can block. */
async function startVictim(cluster: LocalCluster, seconds: number): Promise<DenoProcess> {
  const operands = [`${cluster.dir}/cluster.json`, `${cluster.dir}/${VICTIM}.key`, cluster.dataDir(VICTIM)];
  const script = "tests/attacks/accidents/slow_disk_replica.ts";
  const victim = new DenoProcess("demo", script, [...operands, String(seconds * 1000)]);
  try {
    await victim.stdout.waitFor("r4 is ready", (line) => line === "ready", PATIENCE_MS);
    return victim;
  } catch (cause) {
    await victim.kill();
    throw new Error(`r4 did not start: ${victim.stderr.lines.slice(-5).join(" | ")}`, { cause });
  }
}

/** Makes it stand still. Returns what makes it go on, and tells how far behind it was then. */
async function fall(
  kind: Standstill,
  victim: DenoProcess,
): Promise<(wanted: number, observer: Observer) => Promise<number>> {
  const behind = async (wanted: number, observer: Observer) => Math.max(0, wanted - await levelOf(observer, VICTIM));
  if (kind === "stopped") {
    victim.signal("SIGSTOP");
    return (wanted, observer) => {
      victim.signal("SIGCONT");
      return behind(wanted, observer);
    };
  }
  victim.signal("SIGUSR2");
  await victim.stdout.waitFor("its disk blocks", (line) => line === "blocks", PATIENCE_MS);
  return async (wanted, observer) => {
    await victim.stdout.waitFor("its disk goes on", (line) => line === "goes on", PATIENCE_MS);
    return await behind(wanted, observer);
  };
}

/** Returns the applied index of a replica; -1 while it does not answer. */
async function levelOf(observer: Observer, id: string): Promise<number> {
  return (await observer.status(id))?.appliedIndex ?? -1;
}

export const STANDSTILL_HEAD = [
  "| r4 | seconds | running afterwards | level after ms | entries missed | writes meanwhile | that failed |",
  "| --- | --: | --- | --: | --: | --: | --: |",
].join("\n");

/** Returns what came of it as a row of a table in Markdown. */
export const standstillRow = ({ kind, seconds, running, caughtUpMs, missed, acknowledged, failures }: Woken): string =>
  `| ${[kind, seconds, running.join(" "), caughtUpMs, missed, acknowledged, failures.length].join(" | ")} |`;
