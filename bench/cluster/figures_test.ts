import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Measured, mergeResults } from "../load/load_group.ts";
import { createHistogram, encodeHistogram, record } from "../support/histogram.ts";
import type { ProcSample } from "../support/proc_sample.ts";
import { compare } from "./compare.ts";
import { protocolFigures, type ReplicaCounters } from "./protocol_figures.ts";
import { rowOf } from "./row.ts";

const LATENCIES = { p50: 5, p90: 6, p99: 7, p999: 8, max: 9, mean: 5 };
const LOAD: Measured = {
  ...{
    seconds: 10,
    writes: 1000,
    reads: 0,
    readsOrdered: 0,
    failures: 0,
    writesPerSecond: 100,
    latencyMs: LATENCIES,
    signed: 1100,
    verified: 500,
  },
};

const sample = (at: number, cpuSeconds: ProcSample["cpuSeconds"], bytes: number): ProcSample => ({
  ...{ at, cpuSeconds, loopback: { bytes, packets: bytes / 100 } },
});

Deno.test("processor time and bytes are divided by the writes between the samples, which lie further apart than the load is long", () => {
  const { cpuMs, loopback } = rowOf({
    ...{ clients: 8, outstanding: 1, load: LOAD, protocol: null },
    before: sample(0, { r1: 1, r2: 1, client1: 3 }, 0),
    after: sample(20_000, { r1: 5, r2: 3, client1: 4 }, 400_000),
    groups: { servers: { r1: 1, r2: 2 }, clients: { client1: 3 } },
  });
  assertEquals(cpuMs, { all: 3.5, servers: 3, clients: 0.5, each: { r1: 2, r2: 1, client1: 0.5 } });
  assertEquals(loopback, { bytes: 200, packets: 2 });
});

/** Counters of a replica after `seconds` at steady rates. */
function counters(seconds: number, leader: string, term = 3): ReplicaCounters {
  const [commits, durableCommits] = [30 * seconds, 20 * seconds];
  return {
    ...{ uptimeMs: 1000 * seconds, leader, term, commitIndex: 10 * seconds },
    crypto: { backend: "x", fallbackReason: null, signed: 40 * seconds, verified: 200 * seconds },
    transport: { sent: 60 * seconds, received: 120 * seconds, dropped: 0, refused: 0 },
    storage: {
      ...{ state: "ok", refusedForMs: null, message: null, refusals: 0, slowCommits: 0, slowestCommitMs: 0 },
      ...{ commits, durableCommits },
    },
  } as unknown as ReplicaCounters;
}

Deno.test("each replica's counters count over its own time, and add up", () => {
  // One replica answered late, at the end: it has counted for longer, at the same rates.
  const found = protocolFigures(LOAD, [counters(5, "r1"), counters(5, "r1")], [counters(15, "r1"), counters(18, "r1")]);
  assertEquals(found, {
    ...{ leader: "r1", newTerms: 0, entriesPerSecond: 10, batch: 10, signed: 0.8, verified: 4 },
    ...{ clientSigned: 1.1, clientVerified: 0.5, sent: 1.2, received: 2.4, dropped: 0, transactions: 0.6, fsyncs: 0.4 },
  });
});

Deno.test("a change of leader is told", () => {
  const { leader, newTerms } = protocolFigures(LOAD, [counters(5, "r1")], [counters(15, "r2", 5)]);
  assertEquals([leader, newTerms], ["r2", 2]);
});

const result = (writes: number, seconds: number, ms: number) => {
  const histogram = createHistogram();
  for (let i = 0; i < writes; i++) record(histogram, ms);
  return {
    seconds,
    writes,
    reads: 40,
    readsOrdered: 3,
    failures: 1,
    histogram: encodeHistogram(histogram),
    signed: 5,
    verified: 2,
  };
};

Deno.test("results of processes add up: each rate over its own time, latencies in one histogram", () => {
  const merged = mergeResults([result(300, 10, 1), result(100, 20, 100)]);
  const { latencyMs, ...sums } = merged;
  const reads = { reads: 80, readsOrdered: 6 };
  assertEquals(sums, { seconds: 15, writes: 400, ...reads, failures: 2, writesPerSecond: 35, signed: 10, verified: 4 });
  assertAlmostEquals(latencyMs.p50, 1, 0.001);
  assertAlmostEquals(latencyMs.p90, 100, 0.1);
});

Deno.test("a comparison has both figures and ours as a multiple of theirs", () => {
  const row = (writesPerSecond: number, all: number) => ({
    ...{ clients: 64, outstanding: 1, seconds: 1, writes: 1, reads: 0, readsOrdered: 0, failures: 0, writesPerSecond },
    latencyMs: LATENCIES,
    ...{ cpuMs: { all, servers: 0, clients: 0, each: {} }, loopback: { bytes: 0, packets: 0 }, protocol: null },
  });
  const [found] = compare([row(50, 3)], [row(200, 2)]);
  assertEquals(found!.writesPerSecond, { ours: 50, theirs: 200, ratio: 0.25 });
  assertEquals([found!.clients, found!.p50Ms.ratio, found!.cpuMs.ratio], [64, 1, 1.5]);
});
