/** Figures of one number of clients. Those "a write" are divided by the writes acknowledged in the same time; with reads, by all calls. */
import type { Measured } from "../load/load_group.ts";
import type { Latencies } from "../support/histogram.ts";
import type { Pids, ProcSample } from "../support/proc_sample.ts";
import type { ProtocolFigures } from "./protocol_figures.ts";

export interface Row {
  readonly clients: number;
  /** Writes that each of them had under way. */
  readonly outstanding: number;
  readonly seconds: number;
  readonly writes: number;
  /** Fast reads among these, and how many of them went through the log. */
  readonly reads: number;
  readonly readsOrdered: number;
  /** Writes of unknown outcome. */
  readonly failures: number;
  readonly writesPerSecond: number;
  readonly latencyMs: Latencies;
  readonly cpuMs: CpuFigures;
  /** Traffic on loopback a write, whoever caused it. */
  readonly loopback: { readonly bytes: number; readonly packets: number };
  /** Null for a system that tells nothing of itself. */
  readonly protocol: ProtocolFigures | null;
}

/** Processor milliseconds a write. */
export interface CpuFigures {
  readonly all: number;
  readonly servers: number;
  readonly clients: number;
  /** By the name of the process. */
  readonly each: Readonly<Record<string, number>>;
}

export interface ProcessGroups {
  readonly servers: Pids;
  readonly clients: Pids;
}

/** Returns what the calls of a row are. */
export const callOf = ({ reads, writes }: Pick<Row, "reads" | "writes">): "write" | "read" | "call" =>
  reads === 0 ? "write" : reads === writes ? "read" : "call";

const MS_PER_SECOND = 1000;

/** Returns the row of a load that was measured between two samples. */
export function rowOf(
  { clients, outstanding, load, before, after, groups, protocol, writesBetween }: {
    readonly clients: number;
    readonly outstanding: number;
    readonly load: Measured;
    readonly before: ProcSample;
    readonly after: ProcSample;
    readonly groups: ProcessGroups;
    readonly protocol: ProtocolFigures | null;
    /** Writes between the samples; by default as many as their time had at the rate of the load. */
    readonly writesBetween?: number;
  },
): Row {
  const { seconds, writes, reads, readsOrdered, failures, writesPerSecond, latencyMs } = load;
  const between = writesBetween ?? writesPerSecond * (after.at - before.at) / MS_PER_SECOND;
  return {
    ...{ clients, outstanding, seconds, writes, reads, readsOrdered, failures, writesPerSecond, latencyMs, protocol },
    cpuMs: cpuFigures(before, after, groups, between),
    loopback: {
      bytes: (after.loopback.bytes - before.loopback.bytes) / between,
      packets: (after.loopback.packets - before.loopback.packets) / between,
    },
  };
}

function cpuFigures(before: ProcSample, after: ProcSample, groups: ProcessGroups, writes: number): CpuFigures {
  const of = (name: string) => MS_PER_SECOND * (after.cpuSeconds[name]! - before.cpuSeconds[name]!) / writes;
  const sum = (pids: Pids) => Object.keys(pids).reduce((total, name) => total + of(name), 0);
  const [servers, clients] = [sum(groups.servers), sum(groups.clients)];
  const names = Object.keys({ ...groups.servers, ...groups.clients });
  return { all: servers + clients, servers, clients, each: Object.fromEntries(names.map((name) => [name, of(name)])) };
}
