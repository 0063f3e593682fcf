import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parseTool, toolArgs } from "./benchmark_tool.ts";

const STAT = "10872 (sh) R 10657 10649 25178 0 -1 4194304 64 2375 0 0 0 0 11 7 20 0 1 0 1500053 2654208 348";
const SUMMARY = `
Summary:
  Total:	0.825677307 secs.
  Slowest:	0.006961012 secs.
  Fastest:	0.000582399 secs.
  Average:	0.0011208635904761898 secs.
  Stddev:	0.0004962274706995092 secs.
  Requests/sec:	890.1782739682344

Response time histogram:
  0.000582399 [1]	|
  0.0012202603 [561]	|∎∎∎∎∎∎∎∎

Latency distribution:
  10% in 0.0007979 secs.
  50% in 0.001031819 secs.
  90% in 0.001416643 secs.
  99% in 0.004046826 secs.
`;

Deno.test("the tool's summary is understood, and the processor time it took", () => {
  const { seconds, writes, writesPerSecond, latencyMs, cpuSeconds } = parseTool(
    `${SUMMARY}  99.9% in 0.0055 secs.\n\n${STAT}\n`,
    735,
  );
  assertEquals([seconds, writes, writesPerSecond, cpuSeconds], [0.825677307, 735, 890.1782739682344, 0.18]);
  const wanted = { p50: 1.0318, p90: 1.4166, p99: 4.0468, p999: 5.5, max: 6.961, mean: 1.1209 };
  for (const [name, ms] of Object.entries(wanted)) {
    assertAlmostEquals(latencyMs[name as keyof typeof wanted], ms, 0.0001);
  }
});

Deno.test("of few writes, the tool tells no 99.9th percentile: it is the slowest", () => {
  assertEquals(parseTool(`${SUMMARY}\n${STAT}`, 735).latencyMs.p999, 6.961012);
});

Deno.test("failed writes, and a summary that lacks something, are errors", () => {
  const failed = `${SUMMARY}\nError distribution:\n  [3]	etcdserver: too many requests\n${STAT}`;
  assertThrows(() => parseTool(failed, 735), Error, "too many requests");
  assertThrows(() => parseTool(SUMMARY.replace("Requests/sec", "x") + STAT, 735), Error, "nothing like");
});

Deno.test("the tool writes to the leader, with one connection for ten clients, a hundred at most", () => {
  const args = (writers: number) =>
    toolArgs({ urls: ["http://127.0.0.1:1", "http://127.0.0.1:2"], writers, size: 200 }, 5);
  assertEquals(
    args(64).join(" "),
    "put --precise --target-leader --endpoints 127.0.0.1:1,127.0.0.1:2 --clients 64 --conns 7 --key-space-size 64 --key-size 16 --val-size 200 --total 5",
  );
  assertEquals([args(1)[8], args(5000)[8]], ["1", "100"]);
});
