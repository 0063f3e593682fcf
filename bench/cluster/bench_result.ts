/** Everything that one `deno task bench` found out: what `--json` writes. */
import type { Comparison } from "./compare.ts";
import type { BenchPlan } from "./plan.ts";
import type { Row } from "./row.ts";

export interface BenchResult {
  readonly plan: BenchPlan;
  readonly machine: Machine;
  /** BFT Raft, and what it was compared with. */
  readonly systems: readonly SystemResult[];
  /** Null where there was nothing to compare with. */
  readonly comparison: readonly Comparison[] | null;
}

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly kernel: string;
  readonly deno: string;
  /** The kernel's load averages of 1, 5 and 15 minutes at the beginning: near 0 on a machine that does nothing else. */
  readonly loadBefore: string;
}

export interface SystemResult {
  readonly name: string;
  readonly servers: number;
  /** Origin of its load, in words. */
  readonly load: string;
  readonly runs: readonly RunResult[];
  /** Medians of every single figure over the runs. */
  readonly medians: RunResult;
}

export interface RunResult {
  readonly idle: Idle | null;
  /** In the order of the plan's numbers of clients. */
  readonly rows: readonly Row[];
}

/** Servers with nothing to do. */
export interface Idle {
  readonly seconds: number;
  /** Processor time by the name of the process, in per cent of one core. */
  readonly cpuPercent: Readonly<Record<string, number>>;
  readonly residentMiB: Readonly<Record<string, number>>;
}
