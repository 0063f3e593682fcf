/** Sums over many runs. */
import type { Plan } from "../plan/plan.ts";
import { emptyStats, type RunStats } from "./stats.ts";

export interface Statistics {
  runs: number;
  readonly sums: RunStats;
  /** Slowest liveness, and its seed. */
  slowestLivenessMs: number;
  slowestSeed: number;
  /** Runs in which each actor took part. */
  readonly actors: Record<string, number>;
}

export const emptyStatistics = (): Statistics => ({
  runs: 0,
  sums: emptyStats(),
  slowestLivenessMs: 0,
  slowestSeed: 0,
  actors: {},
});

/** Adds one run to `statistics`. */
export function addRun(
  statistics: Statistics,
  { seed, byzantine }: Pick<Plan, "seed" | "byzantine">,
  stats: RunStats,
): void {
  statistics.runs++;
  for (const name of Object.keys(stats) as (keyof RunStats)[]) statistics.sums[name] += stats[name];
  if (stats.livenessMs > statistics.slowestLivenessMs) {
    statistics.slowestLivenessMs = stats.livenessMs;
    statistics.slowestSeed = seed;
  }
  for (const name of new Set(byzantine.flatMap(({ actors }) => actors))) {
    statistics.actors[name] = (statistics.actors[name] ?? 0) + 1;
  }
}
