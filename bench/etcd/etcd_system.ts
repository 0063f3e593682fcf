/** Etcd under test. */
import type { BenchPlan, EtcdPlan } from "../cluster/plan.ts";
import { type Row, rowOf } from "../cluster/row.ts";
import type { Show } from "../cluster/shown.ts";
import type { System, SystemKind } from "../cluster/system.ts";
import { LoadGroup, type Measured } from "../load/load_group.ts";
import { measureLoad, nameOf, warmUp } from "../load/measure_load.ts";
import { type Pids, sampleProc } from "../support/proc_sample.ts";
import { runTool, type ToolLoad, type ToolResult } from "./benchmark_tool.ts";
import { EtcdNodes } from "./etcd_nodes.ts";
import type { FoundEtcd } from "./find_etcd.ts";

/** Writes of the tool's first run, by which the next ones are made as long as they have to be. */
const FIRST_WRITES = 1000;
const TOOL = "benchmark";

/** Returns the kind of system that `found` is. */
export const etcdKind = (
  { nodes }: EtcdPlan,
  { version, load }: FoundEtcd,
  { processes, keys }: BenchPlan,
): SystemKind => ({
  name: `etcd ${version}`,
  servers: nodes,
  load: load === "benchmark"
    ? "etcd's own tool, benchmark put, in one process"
    : `${processes} client processes like ours with ${keys} gRPC ${keys === 1 ? "connection" : "connections"} each`,
  async open(dir, plan, show) {
    const running = await EtcdNodes.start(nodes, dir);
    if (load === "benchmark") return new ToolSystem(running, plan, show);
    try {
      return new GrpcSystem(running, await connect(running, plan), plan, show);
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  },
});

async function connect(running: EtcdNodes, { processes, keys }: BenchPlan): Promise<LoadGroup> {
  const leader = await running.leaderUrl();
  return await LoadGroup.open(Array.from({ length: processes }, () => ["--etcd", leader, "--connections", `${keys}`]));
}

/** Under load by client processes of ours. */
class GrpcSystem implements System {
  readonly servers: Pids;
  readonly #nodes: EtcdNodes;
  readonly #group: LoadGroup;
  readonly #plan: BenchPlan;
  readonly #show: Show;

  constructor(nodes: EtcdNodes, group: LoadGroup, plan: BenchPlan, show: Show) {
    this.servers = nodes.pids;
    this.#nodes = nodes;
    this.#group = group;
    this.#plan = plan;
    this.#show = show;
  }

  warmUp(clients: number): Promise<void> {
    return warmUp(this.#group, clients, this.#plan, this.#show);
  }

  async measure(clients: number): Promise<Row> {
    const groups = { servers: this.servers, clients: this.#group.pids };
    const sample = () => sampleProc({ ...groups.servers, ...groups.clients });
    const measured = await measureLoad(this.#group, clients, this.#plan, this.#show, sample);
    return rowOf({ clients, outstanding: this.#plan.outstanding, ...measured, groups, protocol: null });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
    await this.#nodes[Symbol.asyncDispose]();
  }
}

/** Under load by etcd's own tool. */
class ToolSystem implements System {
  readonly servers: Pids;
  readonly #nodes: EtcdNodes;
  readonly #plan: BenchPlan;
  readonly #show: Show;
  readonly #ended = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(nodes: EtcdNodes, plan: BenchPlan, show: Show) {
    this.servers = nodes.pids;
    this.#nodes = nodes;
    this.#plan = plan;
    this.#show = show;
  }

  async warmUp(): Promise<void> {
    // Go is compiled beforehand; each number of clients has a warm-up of its own.
  }

  async measure(clients: number): Promise<Row> {
    const { outstanding, size, seconds, warmUpSeconds } = this.#plan;
    const load: ToolLoad = { urls: this.#nodes.urls, writers: clients * outstanding, size };
    const first = await this.#run(load, FIRST_WRITES, null, `${nameOf(clients)} trying`);
    const warm = warmUpSeconds === 0
      ? first
      : await this.#runFor(load, first, warmUpSeconds, `${nameOf(clients)} warming up`);
    const before = await sampleProc(this.servers);
    const result = await this.#runFor(load, warm, seconds, nameOf(clients));
    const after = await sampleProc(this.servers);
    const groups = { servers: this.servers, clients: { [TOOL]: 0 } };
    return rowOf({
      ...{ clients, outstanding, groups, protocol: null },
      load: measuredBy(result),
      writesBetween: result.writes,
      before: { ...before, cpuSeconds: { ...before.cpuSeconds, [TOOL]: 0 } },
      after: { ...after, cpuSeconds: { ...after.cpuSeconds, [TOOL]: result.cpuSeconds } },
    });
  }

  /** Runs the tool for about `seconds`, if it is as fast as in its run before. */
  #runFor(load: ToolLoad, before: ToolResult, seconds: number, what: string): Promise<ToolResult> {
    return this.#run(load, Math.max(load.writers, Math.round(before.writesPerSecond * seconds)), seconds, what);
  }

  #run(load: ToolLoad, total: number, seconds: number | null, what: string): Promise<ToolResult> {
    const running = runTool(load, total, this.#ended.signal);
    this.#running = running;
    return this.#show(what, seconds, running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled([this.#running]);
    await this.#nodes[Symbol.asyncDispose]();
  }
}

const measuredBy = ({ seconds, writes, writesPerSecond, latencyMs }: ToolResult): Measured => ({
  ...{ seconds, writes, writesPerSecond, latencyMs },
  ...{ reads: 0, readsOrdered: 0, failures: 0, signed: 0, verified: 0 },
});
