/** Each scenario of log time (§15) really brings about what it is for, and nothing breaks. */
import { assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import type { Observer } from "../observer.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import { runPlan } from "../run.ts";
import { runUntilSeen, type Wanted } from "../search/run_until_seen.ts";
import type { RunStats } from "../search/stats.ts";

/** Counts of what a run showed of time. */
interface Run {
  readonly stats: RunStats;
  /** Statements that honest replicas sent, and that faulty ones sent or left out. */
  honest: number;
  faulty: number;
  /** Most that log time moved at once, in milliseconds. */
  leap: number;
  ended: number;
  renewed: number;
  /** Suspicions of leaders that hold time back. */
  suspected: number;
}

function runScenario(scenario: string, seed: number): Run {
  const plan = { ...drawPlan(seed, { scenario }), crypto: "fake" } as const;
  const liars = new Set<ReplicaId>(plan.byzantine.map(({ replica }) => replica));
  const seen = { honest: 0, faulty: 0, leap: 0, ended: 0, renewed: 0, suspected: 0 };
  const times = new Map<number, number>();
  const observer: Observer = {
    sent: (from, _to, { kind }) => {
      if (kind === "ClockStatement") seen[liars.has(from) ? "faulty" : "honest"]++;
    },
    timed: (_at, time, index, ended) => {
      if (times.has(index)) return;
      seen.leap = Math.max(seen.leap, time - Math.max(0, ...times.values()));
      times.set(index, time);
      seen.ended += ended.length;
    },
    leased: () => void seen.renewed++,
    event: (_at, { event, fields }) => void (event === "suspect" && fields["reason"] === "time" && seen.suspected++),
  };
  const { violation, stats } = runPlan(plan, createFakeCrypto(), { observer });
  assertEquals(violation, null, `${scenario}, seed ${seed}`);
  return { stats, ...seen };
}

const testScenario = (scenario: string, wanted: Wanted<Run>, seeds: readonly number[]): void =>
  Deno.test(`scenario ${scenario}: it comes about, and nothing breaks`, () => {
    runUntilSeen(seeds, wanted, (seed) => runScenario(scenario, seed));
  });

testScenario("clock-liars", {
  "statements of honest replicas": [50, ({ honest }) => honest],
  "lies": [20, ({ faulty }) => faulty],
  "leases ended": [5, ({ ended }) => ended],
}, [1, 2, 3, 4]);

testScenario("clock-stops", {
  "replicas that stand still": [3, ({ stats }) => stats.pauses],
  "leaps of log time of more than a second and a half": [1, ({ leap }) => leap > 1500 ? 1 : 0],
  "leases ended": [5, ({ ended }) => ended],
}, [1, 2, 3, 4]);

testScenario("clock-rotation", {
  "elections": [10, ({ stats }) => stats.elections],
  "crashes": [3, ({ stats }) => stats.crashes],
  "leases renewed": [5, ({ renewed }) => renewed],
}, [1, 2, 3]);

testScenario("clock-leaders", {
  "leaders suspected of holding time back": [1, ({ suspected }) => suspected],
}, [1, 2, 3, 4, 5, 6]);

testScenario("leases", {
  "leases renewed": [5, ({ renewed }) => renewed],
  "leases ended": [5, ({ ended }) => ended],
  "statements of honest replicas": [10, ({ honest }) => honest],
}, [1, 2, 3, 4]);
