/** Leases of a whole cluster in one process: they end in their time, and no earlier, whoever leads and whatever happens to that one. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, RefusedError, restoreInto, takeBackup, verifyBackup, type Watch } from "../../../client/mod.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";

const TTL = 1000;
/** Never later than this, on a machine that is not too busy. */
const LATEST_MS = TTL + LIMITS.clockLeadMs + LIMITS.clockIntervalMs;
const SLACK_MS = 10_000;
const PATIENCE_MS = 30_000;

/** Reads a watch until a key is deleted; returns the revisions and keys of that event, and the time. */
async function deletionIn(watch: Watch): Promise<{ readonly keys: string[]; readonly at: number }> {
  for await (const { changes } of watch) {
    if (changes.every(({ value }) => value === null)) {
      return { keys: changes.map(({ key }) => key), at: performance.now() };
    }
  }
  throw new Error("the watch ended");
}

const leaderOf = (cluster: MemoryCluster): string | undefined =>
  [...cluster.nodes].find(([, { replica }]) => replica.status().role === "leader")?.[0];

async function leased(client: Client, keys: readonly string[]) {
  const watch = await client.watch("");
  const sentAt = performance.now();
  const { lease, index } = await client.grantLease(TTL);
  for (const key of keys) await client.put(key, "", { lease });
  const gone = deletionIn(watch);
  gone.catch(() => {});
  return { lease, index, sentAt, gone };
}

/** Returns who stated its clock in the entries of a log behind one index and up to another, an item for each statement. */
async function statedIn(client: Client, after: number, upTo: number): Promise<string[]> {
  const stated: string[] = [];
  for (let index = after + 1; index <= upTo; index++) {
    const entry = await client.getCommittedCommand(index);
    if (entry.committed) stated.push(...(entry.statements ?? []).map(({ replica }) => replica));
  }
  return stated;
}

/** Resolves once a cluster of its own, in which a lease lasts, has stated its clocks for several intervals. */
async function severalIntervals(): Promise<void> {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const { index } = await client.grantLease(60_000);
  const commitIndex = () => Math.max(...cluster.statuses().map(({ commitIndex }) => commitIndex));
  await eventually("statements", async () => {
    return (await statedIn(client, index, commitIndex())).length >= 3 * cluster.nodes.size;
  }, PATIENCE_MS);
}

Deno.test("a lease that nobody renews ends once, with all its keys, in its time; an idle cluster states nothing", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("stays", "");
  const { index: grantedAt, sentAt, gone } = await leased(client, ["a", "b"]);
  const { keys, at } = await gone;
  assertEquals(keys, ["a", "b"]);
  assert(at - sentAt >= TTL, `it ended after ${at - sentAt} ms`);
  assert(at - sentAt <= LATEST_MS + SLACK_MS, `it ended after ${at - sentAt} ms`);
  const { index } = await client.put("after", "");
  assert(new Set(await statedIn(client, grantedAt, index)).size >= 2, "time comes by f + 1 replicas");
  assertEquals((await client.listLeases()).items, []);
  await severalIntervals();
  const next = await client.put("after", "");
  assertEquals(next.index - index, 2, "the list, and this put: nothing was ordered meanwhile");
});

Deno.test("a lease that is kept alive outlasts its time many times, and leaders, and ends once nobody keeps it", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const { lease, gone } = await leased(client, ["a"]);
  const keeper = new AbortController();
  const kept = client.keepAlive(lease, { signal: keeper.signal });
  kept.catch(() => {});
  const beganAt = performance.now();
  while (performance.now() < beganAt + 2 * LATEST_MS) {
    const leader = await eventually("a leader", () => leaderOf(cluster), PATIENCE_MS, 10);
    await cluster.stop(leader);
    cluster.start(leader);
    await client.put("tick", "");
    assertEquals((await client.get("a")).found, true);
  }
  keeper.abort();
  await kept;
  const endedAt = performance.now();
  const { keys, at } = await gone;
  assertEquals(keys, ["a"]);
  assert(at - endedAt <= LATEST_MS + SLACK_MS, `it ended ${at - endedAt} ms after the last renewal`);
  const error = await assertRejects(() => client.renewLease(lease), RefusedError);
  assertEquals(error.code, "no-lease");
});

Deno.test("leases outlast a restart of every replica, and end all the same", async () => {
  await using cluster = MemoryCluster.start({
    constants: { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 4 },
  });
  const client = cluster.client("c1");
  const { sentAt, gone } = await leased(client, ["a"]);
  for (const id of [...cluster.nodes.keys()]) {
    await cluster.stop(id);
    cluster.start(id);
    await client.put("tick", id);
  }
  const { keys, at } = await gone;
  assertEquals(keys, ["a"]);
  assert(at - sentAt >= TTL, `it ended after ${at - sentAt} ms`);
});

Deno.test("a backup holds leases and what clocks were stated, and a restore has leases granted anew", () =>
  withTempDirectory(async (directory) => {
    const store = new KvStore();
    {
      await using cluster = MemoryCluster.start();
      const client = cluster.client("c1", { roster: cluster.file });
      const { lease, index } = await client.grantLease(60_000);
      await client.put("a", "1", { lease });
      await client.put("b", "2");
      await eventually("statements", async () => {
        const { index: last } = await client.put("b", "2");
        return new Set(await statedIn(client, index, last)).size >= 2;
      }, PATIENCE_MS);
      await takeBackup(client, { path: `${directory}/backup`, backend, machine: new KvStore() });
      using file = Deno.openSync(`${directory}/backup`);
      verifyBackup(file, { roster: cluster.file, backend, machine: store });
    }
    const held = store.leaseOf("a");
    assertEquals([`${held?.client}`, held?.ttlMs, held?.keys.join()], ["c1", 60_000, "a"]);
    assertEquals(store.leaseOf("b"), null);
    await using cluster = MemoryCluster.start();
    const client = cluster.client("c2");
    assertEquals((await restoreInto(client, store)).leases, 1);
    const [item] = (await client.listLeases()).items;
    assertEquals([item?.client, item?.ttlMs, item?.keys], ["c2", 60_000, 1]);
  }));
