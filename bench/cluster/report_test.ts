import { assertEquals } from "@std/assert";
import type { RunResult } from "./bench_result.ts";
import { readBenchPlan } from "./plan.ts";
import { reportLines, rowLine } from "./report.ts";
import type { Row } from "./row.ts";

const ROW: Row = {
  ...{
    clients: 1,
    outstanding: 1,
    seconds: 10,
    writes: 1000,
    reads: 0,
    readsOrdered: 0,
    failures: 0,
    writesPerSecond: 100,
  },
  latencyMs: { p50: 5, p90: 6, p99: 7, p999: 8, max: 9, mean: 5 },
  cpuMs: {
    all: 10,
    servers: 9,
    clients: 1,
    each: { r1: 4.5, r2: 1.5, r3: 1.5, r4: 1.5, client1: 0.75, client2: 0.25 },
  },
  loopback: { bytes: 3000, packets: 14 },
  protocol: {
    ...{ leader: "r1", newTerms: 0, entriesPerSecond: 50, batch: 2, signed: 3, verified: 6 },
    ...{ clientSigned: 1, clientVerified: 2, sent: 4, received: 9, dropped: 0, transactions: 7, fsyncs: 6 },
  },
};

Deno.test("a report has every figure of each row under its head", () => {
  const medians: RunResult = {
    idle: { seconds: 10, cpuPercent: { r1: 0.5, r2: 1 }, residentMiB: { r1: 70, r2: 71 } },
    rows: [ROW],
  };
  const lines = reportLines({
    plan: readBenchPlan([]),
    machine: { cores: 2, processor: "P", kernel: "6", deno: "2", loadBefore: "0 0 0" },
    systems: [{ name: "BFT Raft 1", servers: 4, load: "two processes", runs: [medians], medians }],
    comparison: null,
  });
  assertEquals(lines.slice(1, 5), [
    "2 × P, Linux 6, Deno 2; 200 B a value, closed loop, 20 s after 4 s of warm-up, one run",
    "",
    "BFT Raft 1, 4 servers; load by two processes",
    "idle 10 s: 1.50 % of a core in all (0.500 1.00), MiB 70.0 71.0",
  ]);
  const cells = (line: string) => line.split(/ {2,}/);
  assertEquals(cells(lines[6]!), [
    "1",
    "100",
    "5.00",
    "6.00",
    "7.00",
    "8.00",
    "9.00",
    "10.0",
    "9.00",
    "1.00",
    "3000",
    "14.0",
  ]);
  const roles = ["4.50", "1.50", "0.500"];
  assertEquals(cells(lines[9]!), [
    "1",
    "2.00",
    "3.00",
    "6.00",
    "1.00",
    "2.00",
    "4.00",
    "9.00",
    "7.00",
    "6.00",
    ...roles,
  ]);
});

Deno.test("writes without an answer and elections meanwhile are told as loudly as can be", () => {
  const line = "run 2, BFT Raft 1, 1 client: 100 writes/s, p50 5.00 ms, p99 7.00 ms";
  assertEquals(rowLine(2, "BFT Raft 1", ROW), line);
  const reads = rowLine(2, "BFT Raft 1", { ...ROW, reads: 1000, readsOrdered: 20 });
  assertEquals(reads, `${line.replace("writes", "reads")}, 2.00 % of 1000 reads ordered`);
  const doubtful = { ...ROW, failures: 3, protocol: { ...ROW.protocol!, newTerms: 2 } };
  assertEquals(rowLine(2, "BFT Raft 1", doubtful), `${line}, 3 WITHOUT ANSWER, 2 NEW TERMS`);
});
