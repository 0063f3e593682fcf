/** Two systems side by side. */
import type { Row } from "./row.ts";

/** One figure of both, and ours as a multiple of theirs. */
export interface Ratio {
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
}

export interface Comparison {
  readonly clients: number;
  readonly writesPerSecond: Ratio;
  readonly p50Ms: Ratio;
  readonly p99Ms: Ratio;
  /** Processor milliseconds a write, clients included. */
  readonly cpuMs: Ratio;
}

/** Compares rows of the same numbers of clients. */
export function compare(ours: readonly Row[], theirs: readonly Row[]): Comparison[] {
  return ours.map((row, i): Comparison => {
    const of = (pick: (row: Row) => number) => ratio(pick(row), pick(theirs[i]!));
    return {
      clients: row.clients,
      writesPerSecond: of(({ writesPerSecond }) => writesPerSecond),
      p50Ms: of(({ latencyMs }) => latencyMs.p50),
      p99Ms: of(({ latencyMs }) => latencyMs.p99),
      cpuMs: of(({ cpuMs }) => cpuMs.all),
    };
  });
}

const ratio = (ours: number, theirs: number): Ratio => ({ ours, theirs, ratio: ours / theirs });
