/** The replicas of a chaos run: killed on purpose, restarted, and watched for unintended ends. */
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { parseEvent } from "../../../tasks/support/process_events.ts";

/** At level `debug`, for its tally counts checkpoints. */
const FLAGS = ["--log-level", "debug"] as const;
const LAST_LINES = 12;

export interface FleetTally {
  kills: number;
  /** Kills of a replica that had not yet reported that it was ready. */
  killsDuringStart: number;
  restarts: number;
  wipes: number;
  /** Events in the replicas' logs. */
  checkpoints: number;
  transfers: number;
  transferredBytes: number;
  recoveries: number;
  elections: number;
}

export class Fleet {
  readonly cluster: LocalCluster;
  readonly tally: FleetTally = {
    ...{ kills: 0, killsDuringStart: 0, restarts: 0, wipes: 0 },
    ...{ checkpoints: 0, transfers: 0, transferredBytes: 0, recoveries: 0, elections: 0 },
  };
  /** Replicas that ended although they were not killed, each with its last output. */
  readonly faults: string[] = [];
  /** Replicas that have lost their disk. */
  readonly #wiped = new Set<string>();
  readonly #terms = new Set<number>();
  readonly #ready = new Set<string>();
  readonly #killed = new WeakSet<object>();

  constructor(cluster: LocalCluster) {
    this.cluster = cluster;
  }

  /** Replicas that run and have reported that they are ready. */
  get up(): string[] {
    return this.cluster.ids.filter((id) => this.#ready.has(id));
  }

  startAll(): Promise<unknown> {
    return Promise.all(this.cluster.ids.filter((id) => !this.#ready.has(id)).map((id) => this.start(id)));
  }

  /** Starts a replica and waits until it is ready or was killed. Throws if it does not come up for another reason. */
  async start(id: string): Promise<void> {
    // Without its flag a replica on an empty disk would take itself for a new one, and a kill may come before it has a database again.
    const flags = this.#wiped.has(id) && !await this.#hasDatabase(id) ? ["--recover"] : [];
    const process = await this.cluster.launch(id, ...FLAGS, ...flags);
    const started = this.cluster.ready(id, process);
    process.stderr.onLine((line) => this.#hear(line));
    this.tally.restarts++;
    process.exited.then(({ code, signal }) => {
      this.#ready.delete(id);
      if (this.#killed.has(process)) return;
      const words = process.stderr.lines.slice(-LAST_LINES).join("\n    ");
      this.faults.push(`${id} ended by itself with ${signal ?? code}:\n    ${words}`);
    });
    try {
      await started;
      if (process.running) this.#ready.add(id);
    } catch (error) {
      if (!this.#killed.has(process)) throw error;
    }
  }

  /** Kills replicas at once with SIGKILL. */
  async kill(...ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map(async (id) => {
      const process = this.cluster.process(id);
      if (!process.running) return;
      this.#killed.add(process);
      this.tally.kills++;
      if (!this.#ready.has(id)) this.tally.killsDuringStart++;
      this.#ready.delete(id);
      await process.kill();
    }));
  }

  /** Kills a replica and deletes everything on its disk. */
  async wipe(id: string): Promise<void> {
    await this.kill(id);
    this.#wiped.add(id);
    await Deno.remove(this.cluster.dataDir(id), { recursive: true });
    this.tally.wipes++;
  }

  /** Waits until `count` replicas are up; resolves to whether they are. */
  waitForUp(count: number, timeoutMs: number): Promise<boolean> {
    return eventually(`${count} replicas up`, () => this.up.length >= count, timeoutMs).then(() => true, () => false);
  }

  /** Returns the latest lines of every replica's log. */
  lastLines(count: number): string {
    return this.cluster.ids.map((id) =>
      [`--- ${id}`, ...this.cluster.process(id).stderr.lines.slice(-count)].join("\n")
    )
      .join("\n");
  }

  #hasDatabase(id: string): Promise<boolean> {
    return Deno.lstat(`${this.cluster.dataDir(id)}/replica.db`).then(() => true, () => false);
  }

  #hear(line: string): void {
    const found = parseEvent(line);
    if (found === null) return;
    const { event, bytes, term } = found;
    if (event === "checkpoint") this.tally.checkpoints++;
    if (event === "recovered") this.tally.recoveries++;
    if (event === "leader" && !this.#terms.has(Number(term))) {
      this.#terms.add(Number(term));
      this.tally.elections++;
    }
    if (event !== "state-transferred") return;
    this.tally.transfers++;
    this.tally.transferredBytes += Number(bytes);
  }
}
