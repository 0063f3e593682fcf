/** Breaks and mends the replicas of a cluster on this machine, as the dashboard's buttons ask for. */
import { type PlayAction, type PlayControl, PlayRefusal, type PlayState } from "../../client/gateway/dashboard/mod.ts";
import { type Profile, quorumOf } from "../../protocol/quorum.ts";
import type { ByzantineMode } from "../../replica/byzantine/mod.ts";
import type { DenoProcess } from "../support/deno_process.ts";
import type { LocalCluster } from "../support/local_cluster.ts";
import { WHOLE } from "./forwarder.ts";
import { dialOffset, Mesh } from "./mesh.ts";

/** Time that is added each way between a slow replica and any other. */
const SLOW_MS = 200;

const LIES: Readonly<Record<ByzantineMode, string>> = {
  "corrupt-acks": "acknowledges other entries than it was sent, and two at one place",
  equivocate: "once it leads, it tells each half of the others another entry",
  withhold: "once it leads, it keeps some requests back",
  usurp: "claims to lead, without an election",
  elections: "calls for elections without end and out of turn",
  "opposite-votes": "votes for every candidate, on any ground",
  "forge-client": "once it leads, it orders what no client signed, and some twice",
  silent: "says nothing at all",
  slow: "once it leads, it is as slow as it can be without being caught by a timer",
};

/** The part of {@linkcode LocalCluster} that a controller needs. */
export type PlayedCluster = Pick<LocalCluster, "roster" | "start" | "process" | "ids">;

/** Options of {@linkcode PlayController}. */
export interface PlayOptions {
  /** Further flags of each replica. */
  readonly flags?: readonly string[];
  /** Told of each process that was started. */
  readonly onStart?: (id: string, process: DenoProcess) => void;
}

type Process = PlayState["process"];

/** Starts the replicas of a cluster behind a {@linkcode Mesh} of its own, and does to them what is asked for, one thing at a time each. */
export class PlayController implements PlayControl, AsyncDisposable {
  readonly lies = LIES;
  readonly #cluster: PlayedCluster;
  readonly #mesh: Mesh;
  readonly #options: PlayOptions;
  readonly #processes = new Map<string, Process>();
  readonly #modes = new Map<string, ByzantineMode>();
  /** Replicas that have lied: what they signed then stays, and so they count as faulty for good. */
  readonly #liars = new Set<string>();
  readonly #f: number;

  /** Throws `Deno.errors.AddrInUse` if another listens at a port of the mesh. */
  constructor(cluster: PlayedCluster, options: PlayOptions = {}) {
    this.#cluster = cluster;
    this.#options = options;
    this.#mesh = new Mesh(cluster.roster.replicas);
    const { profile } = cluster.roster.constants;
    this.#f = tolerated(cluster.ids.length, profile);
    for (const id of cluster.ids) this.#processes.set(id, "crashed");
  }

  /** Starts all replicas, honest. */
  async startAll(): Promise<void> {
    await Promise.all(this.#cluster.ids.map((id) => this.#start(id)));
  }

  states(): Readonly<Record<string, PlayState>> {
    return Object.fromEntries(this.#cluster.ids.map((id) => [id, this.#stateOf(id)]));
  }

  async act(replica: string, action: PlayAction, mode: string | null): Promise<void> {
    if (!this.#cluster.ids.includes(replica)) throw new PlayRefusal(`${replica} is none of ${this.#cluster.ids}`);
    if (this.#processes.get(replica) === "starting") throw new PlayRefusal(`${replica} is being started; wait for it`);
    switch (action) {
      case "crash":
        return await this.#crash(replica);
      case "restart":
        return await this.#restart(replica, null);
      case "corrupt":
        return await this.#restart(replica, this.#lieFor(replica, mode));
      case "pause":
        return this.#signal(replica, "running", "SIGSTOP", "paused");
      case "resume":
        return this.#signal(replica, "paused", "SIGCONT", "running");
      case "cut":
        return this.#mesh.set(replica, { passes: false, delayMs: 0 });
      case "slow":
        return this.#mesh.set(replica, { passes: true, delayMs: SLOW_MS });
      case "heal":
        return this.#mesh.set(replica, WHOLE);
      default:
        return action satisfies never;
    }
  }

  /** Closes the mesh; the cluster's processes are the cluster's. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mesh[Symbol.asyncDispose]();
  }

  #stateOf(id: string): PlayState {
    const { passes, delayMs } = this.#mesh.lineOf(id);
    const network = !passes ? "cut" : delayMs > 0 ? "slow" : "whole";
    return { process: this.#processes.get(id)!, network, lies: this.#modes.get(id) ?? null };
  }

  async #crash(id: string): Promise<void> {
    if (this.#processes.get(id) === "crashed") throw new PlayRefusal(`${id} is crashed already; wanted one that runs`);
    await this.#cluster.process(id).kill();
    this.#processes.set(id, "crashed");
    this.#modes.delete(id);
  }

  /** Returns how `id` is to lie: no more than f may, one after the other included, since nothing would be promised then. */
  #lieFor(id: string, given: string | null): ByzantineMode {
    const mode = given ?? "corrupt-acks";
    if (!Object.hasOwn(LIES, mode)) {
      throw new PlayRefusal(`the lie was given as ${mode.slice(0, 40)}; wanted one of ${Object.keys(LIES).join(", ")}`);
    }
    const others = [...this.#liars].filter((liar) => liar !== id);
    if (others.length < this.#f) return mode as ByzantineMode;
    const before = others.length === 0
      ? ""
      : `, and what ${others.join(", ")} signed as a liar stays; corrupt the same one`;
    throw new PlayRefusal(`${this.#cluster.ids.length} replicas survive f = ${this.#f} that lie${before}`);
  }

  async #restart(id: string, lie: ByzantineMode | null): Promise<void> {
    if (this.#processes.get(id) !== "crashed") {
      const process = this.#cluster.process(id);
      this.#processes.set(id, "starting");
      // One that stands still does not hear that it is to end.
      process.signal("SIGCONT");
      await process.end();
    }
    this.#modes.delete(id);
    if (lie !== null) {
      this.#modes.set(id, lie);
      this.#liars.add(id);
    }
    await this.#start(id);
  }

  async #start(id: string): Promise<void> {
    const { roster: { replicas }, ids } = this.#cluster;
    this.#processes.set(id, "starting");
    const mode = this.#modes.get(id);
    const lie = mode === undefined ? [] : ["--byzantine", mode, "--unsafe-test-faults"];
    const offset = dialOffset(replicas, ids.indexOf(id));
    try {
      const flags = ["--dial-offset", String(offset), ...lie, ...this.#options.flags ?? []];
      const process = await this.#cluster.start(id, ...flags);
      this.#processes.set(id, "running");
      this.#options.onStart?.(id, process);
      this.#watch(id, process);
    } catch (error) {
      this.#processes.set(id, "crashed");
      this.#modes.delete(id);
      throw error;
    }
  }

  /** Notes the end of a process that nobody asked for. */
  #watch(id: string, process: DenoProcess): void {
    void process.exited.then(() => {
      const isLatest = this.#cluster.process(id) === process;
      if (isLatest && this.#processes.get(id) !== "starting") this.#processes.set(id, "crashed");
    });
  }

  #signal(id: string, wanted: Process, signal: Deno.Signal, then: Process): void {
    const process = this.#processes.get(id);
    if (process !== wanted) throw new PlayRefusal(`${id} is ${process}; wanted one that is ${wanted}`);
    if (Deno.build.os === "windows") throw new PlayRefusal("this system has no SIGSTOP; crash the replica instead");
    this.#cluster.process(id).signal(signal);
    this.#processes.set(id, then);
  }
}

/** Returns the number of liars that a cluster tolerates: none where replicas are trusted. */
const tolerated = (replicas: number, profile: Profile): number => quorumOf(replicas, profile).f;
