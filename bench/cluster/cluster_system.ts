/** BFT Raft under test. */
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import manifest from "../../deno.json" with { type: "json" };
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { LoadGroup } from "../load/load_group.ts";
import { measureLoad, warmUp } from "../load/measure_load.ts";
import { windowFor } from "../load/spread.ts";
import { type Pids, sampleProc } from "../support/proc_sample.ts";
import type { BenchPlan } from "./plan.ts";
import { protocolFigures, type ReplicaCounters } from "./protocol_figures.ts";
import { type Row, rowOf } from "./row.ts";
import type { Show } from "./shown.ts";
import type { System, SystemKind } from "./system.ts";

/** Seconds of what is offered in an open loop that wait in its clients at most; what comes beyond is turned away. */
const QUEUE_SECONDS = 0.25;
/** Place in the roster of the replica that is faulty if one is to be: its turn to lead comes first (§6.10). */
const FAULTY = 1;
/** A loaded replica answers a status query when its turn comes. */
const STATUS_MS = 15_000;

/** Returns the kind of system that `plan` asks for. */
export const clusterKind = (plan: BenchPlan): SystemKind => ({
  name: `BFT Raft ${manifest.version}${variantOf(plan)}`,
  servers: plan.replicas,
  load: loadOf(plan),
  open: (dir, _, show) => ClusterSystem.open(dir, plan, show),
});

const variantOf = ({ profile, byzantine }: BenchPlan): string =>
  byzantine !== null ? `, one replica faulty (${byzantine})` : profile === "crash" ? ", profile crash" : "";

const loadOf = ({ profile, processes, keys, group }: BenchPlan): string =>
  `${processes} client processes with ${keys} ${keys === 1 ? "key" : "keys"} each, ${
    profile === "crash"
      ? `up to ${group} writes in a request, nothing signed`
      : group === 1
      ? "each write signed by itself"
      : `up to ${group} writes under one signature`
  }`;

class ClusterSystem implements System {
  readonly servers: Pids;
  readonly #plan: BenchPlan;
  readonly #show: Show;
  readonly #cluster: LocalCluster;
  readonly #observer: Observer;
  readonly #group: LoadGroup;

  private constructor(plan: BenchPlan, show: Show, cluster: LocalCluster, observer: Observer, group: LoadGroup) {
    this.servers = Object.fromEntries(cluster.ids.map((id) => [id, cluster.process(id).pid]));
    this.#plan = plan;
    this.#show = show;
    this.#cluster = cluster;
    this.#observer = observer;
    this.#group = group;
  }

  static async open(dir: string, plan: BenchPlan, show: Show): Promise<ClusterSystem> {
    const { profile, replicas, processes, keys } = plan;
    const clients = processes * keys + 1;
    const basePort = findFreePorts(replicas * PORTS_PER_REPLICA);
    const constants = { profile, sessionWindow: windowFor(plan), fastReads: plan.readPercent > 0 };
    const cluster = await LocalCluster.open({ dir, replicas, clients, basePort, constants });
    try {
      await Promise.all(cluster.ids.map((id, i) => cluster.start(id, ...(i === FAULTY ? faultOf(plan) : []))));
      const group = await LoadGroup.open(Array.from({ length: processes }, (_, i) => workerArgs(dir, i, plan)));
      return new ClusterSystem(plan, show, cluster, await Observer.of(cluster, `c${clients}`), group);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  warmUp(clients: number): Promise<void> {
    return warmUp(this.#group, clients, this.#plan, this.#show);
  }

  async measure(clients: number): Promise<Row> {
    const groups = { servers: this.servers, clients: this.#group.pids };
    const pids = { ...groups.servers, ...groups.clients };
    const sample = async () => {
      const [counters, proc] = await Promise.all([this.#counters(), sampleProc(pids)]);
      return { counters, proc };
    };
    const { load, before, after } = await measureLoad(this.#group, clients, this.#plan, this.#show, sample);
    const protocol = protocolFigures(load, before.counters, after.counters);
    const { outstanding } = this.#plan;
    return rowOf({ clients, outstanding, load, before: before.proc, after: after.proc, groups, protocol });
  }

  /** Whose counters can be asked for, and believed. */
  get #honest(): string[] {
    return this.#cluster.ids.filter((_, i) => this.#plan.byzantine === null || i !== FAULTY);
  }

  #counters(): Promise<ReplicaCounters[]> {
    return Promise.all(this.#honest.map(async (id) => {
      const status = await this.#observer.status(id, STATUS_MS);
      if (status === null) throw new Error(`${id} did not tell its status within ${STATUS_MS} ms`);
      return status;
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

const faultOf = ({ byzantine }: BenchPlan): string[] =>
  byzantine === null ? [] : ["--byzantine", byzantine, "--unsafe-test-faults"];

/** Returns the arguments of client process `i`: which cluster, and which keys of it. */
function workerArgs(dir: string, i: number, { processes, keys, group, rate }: BenchPlan): string[] {
  const files = Array.from({ length: keys }, (_, k) => `${dir}/c${i * keys + k + 1}.key`);
  const args = ["--cluster", `${dir}/cluster.json`, "--key-files", files.join(","), "--group", String(group)];
  if (rate === null) return args;
  return [...args, "--max-queued", String(Math.ceil(QUEUE_SECONDS * rate / processes / keys))];
}
