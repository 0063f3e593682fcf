/** A real cluster under honest load, attacked by a process of its own. */
import process from "node:process";
import { cpuSeconds } from "../../../bench/support/resources.ts";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import type { Attack, Party } from "../attack.ts";
import { BEGUN, type Confession } from "../attacker.ts";
import { INSIDER } from "../support/scene.ts";
import { Load } from "./load.ts";
import { forgetPeak, memoryBound, memoryOf } from "./memory.ts";
import { harmOf, type Phase, type Result } from "./result.ts";
import { countersOf, growth, LogCount } from "./words_of_replicas.ts";

const CLIENTS = 8;
/** Keys of the honest load, and of the one who asks for status. */
const HONEST = ["c2", "c3", "c4", "c5"] as const;
const OBSERVER = "c6";
const WRITERS = 4;
const PATIENCE_MS = 30_000;
/** Shortest time in which an attacker has to have loaded, and to have ended beyond its time. */
const GRACE_MS = 20_000;

const NOTHING: Phase = { writesPerSecond: NaN, cpuMsPerWrite: NaN, cores: NaN };

export interface ArenaOptions {
  /** The party that attacks; an insider takes the place of r4, which does not run then. */
  readonly party: Party;
  readonly plaintext?: boolean;
  /** Has the roster enable fast reads. */
  readonly fastReads?: boolean;
  /** Pause between rounds of honest writes; without it, every writer writes as quickly as it can. */
  readonly thinkMs?: number;
}

/** The outcome of attacks that were not measured. */
export type Endured = Pick<Result, "deeds" | "status" | "log"> & {
  /** Processes that ended, memory beyond the bound, writes that failed. */
  readonly harm: readonly string[];
};

export class Arena implements AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly load: Load;
  readonly #observer: Observer;
  readonly #honest: readonly string[];
  readonly #plaintext: boolean;
  readonly #logs: ReadonlyMap<string, LogCount>;

  private constructor(
    ...[cluster, load, observer, honest, plaintext]: [LocalCluster, Load, Observer, readonly string[], boolean]
  ) {
    this.cluster = cluster;
    this.load = load;
    this.#observer = observer;
    this.#honest = honest;
    this.#plaintext = plaintext;
    this.#logs = new Map(honest.map((id) => [id, new LogCount(cluster.process(id))]));
  }

  /** Starts a cluster and its load. */
  static async open({ party, plaintext = false, fastReads = false, thinkMs = 0 }: ArenaOptions): Promise<Arena> {
    const dir = await Deno.makeTempDir();
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA);
    const plan = {
      dir,
      replicas: 4,
      clients: CLIENTS,
      basePort,
      insecurePlaintext: plaintext,
      constants: { fastReads },
    };
    const cluster = await LocalCluster.open(plan);
    try {
      const honest = cluster.ids.filter((id) => party !== "insider" || id !== INSIDER);
      await Promise.all(honest.map((id) => cluster.start(id)));
      const clients = await Promise.all(HONEST.map((id) => cluster.client(id)));
      const load = new Load(clients, WRITERS, thinkMs);
      const arena = new Arena(cluster, load, await Observer.of(cluster, OBSERVER), honest, plaintext);
      await eventually("writes", () => load.acknowledged > 50, PATIENCE_MS);
      return arena;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
      throw error;
    }
  }

  /** Measures before, during and after an attack, and beside a process that burns as much. */
  async suffer(attack: Attack, seconds: number): Promise<Result> {
    const before = await this.#phase(seconds);
    const counters = await this.#counters();
    for (const log of this.#logs.values()) log.take();
    await Promise.all(this.#honest.map((id) => forgetPeak(this.cluster.process(id).pid)));
    const attacked = await this.#attack([attack], seconds);
    const memory = await this.#memory();
    const ended = this.#honest.filter((id) => !this.cluster.process(id).running);
    const recoveryMs = ended.length > 1 ? Infinity : await this.#recovered();
    const [control, after] = ended.length > 1
      ? [NOTHING, NOTHING]
      : [await this.#control(attacked.cpuSeconds / seconds, seconds), await this.#phase(seconds)];
    return {
      ...{ name: attack.name, party: attack.party, what: attack.what, seconds, ended },
      ...{ before, during: attacked.phase, control, after, deeds: attacked.deeds },
      recoveryMs,
      attackerCores: attacked.cpuSeconds / seconds,
      ...{ peakMiB: memory, boundMiB: memoryBound(attack.party), failures: this.load.failures.splice(0) },
      status: grown(counters, await this.#counters()),
      log: this.#takeLogs(),
    };
  }

  /** Suffers several attacks at once, without measuring throughput, and serves afterwards. Returns what was done, and what went wrong. */
  async endure(attacks: readonly Attack[], seconds: number): Promise<Endured> {
    const counters = await this.#counters();
    for (const log of this.#logs.values()) log.take();
    const { deeds } = await this.#attack(attacks, seconds);
    const [peakMiB, boundMiB] = [await this.#memory(), memoryBound(attacks[0]!.party)];
    const ended = this.#honest.filter((id) => !this.cluster.process(id).running);
    if (ended.length === 0) await this.serves();
    const harm = harmOf({ ended, peakMiB, boundMiB, failures: this.load.failures.splice(0) });
    return { harm, deeds, status: grown(counters, await this.#counters()), log: this.#takeLogs() };
  }

  #takeLogs(): Result["log"] {
    return Object.fromEntries([...this.#logs].map(([id, log]) => [id, log.take()]));
  }

  /** Waits until writes go on, and returns how long that took. */
  async #recovered(): Promise<number> {
    const [begin, count] = [performance.now(), this.load.acknowledged];
    await eventually("writes go on", () => this.load.acknowledged > count + 20, PATIENCE_MS);
    return Math.round(performance.now() - begin);
  }

  /** Waits until writes go on and all honest replicas answer. */
  async serves(): Promise<void> {
    await this.#recovered();
    await eventually("all replicas answer", async () => {
      return (await this.#observer.statuses(this.#honest)).length === this.#honest.length;
    }, PATIENCE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Clients that wait for an answer that will not come are closed with the cluster.
    const stopped = this.load.stop();
    await this.cluster[Symbol.asyncDispose]();
    await stopped;
    await Deno.remove(this.cluster.dir, { recursive: true });
  }

  async #attack(attacks: readonly Attack[], seconds: number) {
    const name = attacks.map((attack) => attack.name).join(",");
    const mechanism = this.#plaintext ? "clear" : "CURVE";
    const args = [name, this.cluster.dir, String(seconds), mechanism];
    await using attacker = new DenoProcess("demo", "tests/attacks/attacker.ts", args);
    await attacker.stdout.waitFor(`${name} begins`, (line) => line === BEGUN, GRACE_MS).catch((error) => {
      throw new Error(`${error.message}: ${attacker.stderr.lines.join(" | ")}`);
    });
    const phase = await this.#phase(seconds);
    const said = (line: string) => line.startsWith("{");
    const line = await attacker.stdout.waitFor(`${name} ends`, said, GRACE_MS).catch((error) => {
      throw new Error(`${error.message}: ${attacker.stderr.lines.join(" | ")}`);
    });
    return { ...(JSON.parse(line) as Confession), phase };
  }

  async #control(cores: number, seconds: number): Promise<Phase> {
    const count = Math.max(1, Math.ceil(cores));
    const args = [String(cores / count), String(seconds + 1)];
    const burners = Array.from({ length: count }, () => new DenoProcess("demo", "tests/attacks/burner.ts", args));
    try {
      return await this.#phase(seconds);
    } finally {
      await Promise.all(burners.map((burner) => burner[Symbol.asyncDispose]()));
    }
  }

  /** Measures the load for `seconds`, and the processor time that replicas and this process take meanwhile. */
  async #phase(seconds: number): Promise<Phase> {
    const before = await this.#cpuSeconds();
    const writesPerSecond = await this.load.measure(seconds);
    const spent = await this.#cpuSeconds() - before;
    return { writesPerSecond, cpuMsPerWrite: spent * 1000 / (writesPerSecond * seconds), cores: spent / seconds };
  }

  async #cpuSeconds(): Promise<number> {
    const running = this.#honest.filter((id) => this.cluster.process(id).running);
    const all = await Promise.all(running.map((id) => cpuSeconds(this.cluster.process(id).pid)));
    const { user, system } = process.cpuUsage();
    return all.reduce((sum, seconds) => sum + seconds, (user + system) / 1e6);
  }

  async #counters(): Promise<ReadonlyMap<string, Record<string, number>>> {
    const known = await Promise.all(this.#honest.map(async (id): Promise<[string, Record<string, number>]> => {
      const status = await this.#observer.status(id, 5000);
      return [id, status === null ? {} : countersOf(status)];
    }));
    return new Map(known);
  }

  async #memory(): Promise<Record<string, number>> {
    const running = this.#honest.filter((id) => this.cluster.process(id).running);
    const peaks = running.map(async (id): Promise<[string, number]> => {
      return [id, Math.round((await memoryOf(this.cluster.process(id).pid)).peak)];
    });
    return Object.fromEntries(await Promise.all(peaks));
  }
}

type Counters = ReadonlyMap<string, Record<string, number>>;

/** Returns the growth of counters, summed over the replicas. */
function grown(before: Counters, after: Counters): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [id, counts] of after) {
    for (const [name, by] of Object.entries(growth(before.get(id) ?? {}, counts))) sum[name] = (sum[name] ?? 0) + by;
  }
  return sum;
}
