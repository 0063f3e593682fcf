/** Ordered queries of an application's own state machine, on real processes under a load of writes (§7.4). */
import { assertEquals } from "@std/assert";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { ask, readUnderWrites } from "../support/sum_load.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

const QUERIES = 40;
const READY_MS = 20_000;

async function startSum(cluster: LocalCluster, id: string, skew: number): Promise<DenoProcess> {
  const args = [`${cluster.dir}/cluster.json`, `${cluster.dir}/${id}.key`, cluster.dataDir(id), `${skew}`];
  const process = new DenoProcess("test", "tests/e2e/support/sum_replica.ts", args);
  try {
    await process.stdout.waitFor(`replica ${id} ready`, (line) => line === "ready", READY_MS);
    return process;
  } catch (cause) {
    await process.kill();
    throw new Error(`replica ${id} did not start: ${process.stderr.lines.slice(-5).join(" | ")}`, { cause });
  }
}

/** Reads under writes; halfway a replica is killed and comes back. No read may be fast, and none may have been applied. */
async function judge(cluster: LocalCluster, skews: readonly number[]): Promise<void> {
  await using replicas = new AsyncDisposableStack();
  const started = async (at: number) => replicas.use(await startSum(cluster, cluster.ids[at]!, skews[at]!));
  const processes = await Promise.all(skews.map((_, at) => started(at)));
  const [writer, reader] = [await cluster.client("c1"), await cluster.client("c2")];
  const quick = await readUnderWrites(writer, reader, QUERIES, async (asked) => {
    if (asked !== QUERIES / 2) return;
    await processes[3]!.kill();
    await started(3);
  });
  assertEquals(quick, 0);
  assertEquals(await ask(reader, "strange?"), 0);
}

const constants = { electionTimeoutMs: 500, patienceMs: 1000, checkpointEvery: 20 };

Deno.test("fast reads off: queries are ordered among writes, and a replica that was killed agrees again", () =>
  withLocalCluster({ constants }, (cluster) => judge(cluster, [0, 0, 0, 0])));

Deno.test("fast reads on, where replicas never agree on a version: queries fall back to the log", () =>
  withLocalCluster({ constants: { ...constants, fastReads: true } }, (cluster) => judge(cluster, [0, 1, 2, 3])));
