import { assertEquals } from "@std/assert";
import type { Row } from "../cluster/row.ts";
import { judgeMemory, judgeOverload } from "./verdict.ts";

const PEAK: Row = {
  ...{ clients: 4, outstanding: 256, seconds: 20, writes: 20_000, reads: 0, readsOrdered: 0, failures: 0 },
  ...{ writesPerSecond: 1000, open: null },
  latencyMs: { p50: 5, p90: 6, p99: 7, p999: 8, max: 9, mean: 5 },
  cpuMs: { all: 1, servers: 1, clients: 0, each: {} },
  loopback: { bytes: 0, packets: 0 },
  protocol: null,
};
const OVER: Row = { ...PEAK, seconds: 60, writesPerSecond: 900, open: { offered: 120_000, turnedAway: 66_000 } };

const held = (change: Partial<Row>) => judgeOverload(PEAK, { ...OVER, ...change }, 2).map((finding) => finding.held);

Deno.test("an overload holds if throughput and latency do, and writes are turned away rather than left alone", () => {
  assertEquals(held({}), Array(6).fill(true));
  const broken = [
    { open: { offered: 70_000, turnedAway: 5 } },
    { writesPerSecond: 790 },
    { latencyMs: { ...PEAK.latencyMs, p99: 2001 } },
    { failures: 1 },
    { open: { offered: 120_000, turnedAway: 0 } },
  ];
  assertEquals(broken.map((change) => held(change).indexOf(false)), [0, 1, 2, 4, 5]);
  assertEquals(broken.map((change) => held(change).filter((each) => !each).length), [1, 1, 1, 1, 1]);
});

Deno.test("memory is flat if its last third is no more than a twentieth above the second", () => {
  const judged = judgeMemory({
    r1: [50, 90, 100, 100, 104, 105],
    r2: [50, 90, 100, 100, 106, 106],
    r3: [9, 9, 9, 9, 5, 5],
  });
  assertEquals(judged.map((finding) => finding.held), [true, false, true]);
  assertEquals(judged[1]!.text, "r2: 100 MiB in the second third, 106 in the last, 6.00 % more; wanted at most 5 %");
});
