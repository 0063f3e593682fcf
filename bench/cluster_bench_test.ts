/** Short runs of the whole benchmark: its figures have to agree with each other, whatever they are. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { DenoProcess } from "../tasks/support/deno_process.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import type { BenchResult } from "./cluster/bench_result.ts";
import type { ProtocolFigures } from "./cluster/protocol_figures.ts";
import type { Row } from "./cluster/row.ts";
import { etcdVersion } from "./etcd/find_etcd.ts";

const SIZE = 300;

/** Runs the benchmark with these arguments and returns what it found out. */
async function bench(dir: string, ...args: string[]): Promise<BenchResult> {
  const [json, svg] = [`${dir}/bench.json`, `${dir}/bench.svg`];
  const common = ["--size", `${SIZE}`, "--seconds", "2", "--warm-up", "1", "--json", json, "--svg", svg];
  await using process = new DenoProcess("demo", "bench/cluster_bench.ts", [...common, ...args]);
  const { code } = await process.exited;
  assertEquals([code, process.stderr.lines], [0, []]);
  assert((await Deno.readTextFile(svg)).startsWith("<svg "));
  return JSON.parse(await Deno.readTextFile(json));
}

function assertConsistent({ clients, outstanding, seconds, writes, failures, writesPerSecond, ...row }: Row): void {
  const { p50, p90, p99, p999, max, mean } = row.latencyMs;
  assertEquals([p50, p90, p99, p999, max], [p50, p90, p99, p999, max].toSorted((a, b) => a - b));
  assertEquals(failures, 0);
  assert(seconds >= 2);
  assertAlmostEquals(writes, writesPerSecond * seconds, 0.02 * writes);
  // Little's law: so many are under way on average.
  const underWay = clients * outstanding;
  assertAlmostEquals(writesPerSecond * mean / 1000, underWay, 0.5 * underWay);
  const { all, servers, each, ...cpu } = row.cpuMs;
  assert(servers > 0 && cpu.clients > 0);
  assertAlmostEquals(all, Object.values(each).reduce((a, b) => a + b, 0), 1e-6 * all);
}

/** Each replica gets every value, checks every batch, and writes it to its disk. */
function assertReplicated(
  { loopback }: Row,
  replicas: number,
  figures: ProtocolFigures,
  writesPerSecond: number,
): void {
  const { entriesPerSecond, batch, transactions, fsyncs, signed, verified } = figures;
  assert(loopback.bytes > replicas * SIZE, `${loopback.bytes} bytes a write`);
  assertAlmostEquals(entriesPerSecond * batch, writesPerSecond, 0.001 * writesPerSecond);
  assert(batch >= 0.5 && transactions >= fsyncs);
  for (const count of [fsyncs, signed, verified]) assert(count * batch > 0.5 * replicas, JSON.stringify(figures));
}

Deno.test("a short benchmark of a cluster has figures that agree with each other", async () => {
  await withTempDirectory(async (dir) => {
    const { plan, systems, comparison } = await bench(dir, "--clients", "1,8", "--idle-seconds", "1");
    const [system] = systems;
    assertEquals([comparison, systems.length, system!.runs.length], [null, 1, 1]);
    assertEquals(Object.keys(system!.medians.idle!.cpuPercent), ["r1", "r2", "r3", "r4"]);
    assertEquals(system!.medians.rows.map(({ clients }) => clients), plan.clients);
    for (const row of system!.medians.rows) {
      assertConsistent(row);
      assertReplicated(row, plan.replicas, row.protocol!, row.writesPerSecond);
    }
  });
});

Deno.test("a short benchmark of reads tells them apart, and they share signatures", async () => {
  await withTempDirectory(async (dir) => {
    const { systems } = await bench(dir, "--clients", "16", "--reads", "75", "--idle-seconds", "0");
    const { reads, readsOrdered, ...row } = systems[0]!.medians.rows[0]!;
    assertConsistent({ reads, readsOrdered, ...row });
    assertAlmostEquals(reads, 0.75 * row.writes, 0.1 * row.writes);
    assert(readsOrdered <= 0.1 * reads, `${readsOrdered} of ${reads} went through the log`);
    assert(row.protocol!.clientSigned < 0.9, `${row.protocol!.clientSigned} signatures a call`);
  });
});

Deno.test({
  name: "a short benchmark beside etcd measures both alike and tells the ratio",
  ignore: await etcdVersion() === null,
  async fn() {
    await withTempDirectory(async (dir) => {
      const pipelined = ["--clients", "2", "--mode", "pipelined", "--outstanding", "8", "--idle-seconds", "0"];
      const { systems, comparison } = await bench(dir, ...pipelined, "--compare", "etcd", "--etcd-load", "grpc");
      const [ours, theirs] = systems.map(({ medians }) => medians.rows[0]!);
      assertConsistent(ours!);
      assertConsistent(theirs!);
      assertEquals([theirs!.protocol, Object.keys(theirs!.cpuMs.each).length], [null, 5]);
      assert(theirs!.loopback.bytes > 3 * SIZE);
      const { ratio } = comparison![0]!.writesPerSecond;
      assertAlmostEquals(ratio, ours!.writesPerSecond / theirs!.writesPerSecond, 1e-9);
    });
  },
});
