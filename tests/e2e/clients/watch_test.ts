/** Watches of real processes while leaders are killed, replicas come back, and one of them lies. */
import { assert, assertEquals } from "@std/assert";
import type { Client, Watch } from "../../../client/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { startCounting } from "../support/workload.ts";

/** Collects what a watch tells, as `revision key=value`. */
function collect(watch: Watch): { readonly seen: string[]; readonly ended: Promise<void> } {
  const seen: string[] = [];
  const ended = (async () => {
    for await (const { revision, changes } of watch) {
      for (const { key, value } of changes) seen.push(`${revision} ${key}=${new TextDecoder().decode(value!)}`);
    }
  })();
  ended.catch(() => {}); // ends with its client
  return { seen, ended };
}

const revisionsOf = (seen: readonly string[]): number[] => seen.map((line) => Number(line.split(" ")[0]));

/** Asserts that a watch told all that was written, once and in order: the store's revisions without a gap, and each counter's values one by one. */
function assertComplete(seen: readonly string[], writes: number): void {
  assertEquals(revisionsOf(seen), Array.from({ length: writes }, (_, i) => i + 1));
  const last = new Map<string, number>();
  for (const line of seen) {
    const [key, value] = line.split(" ")[1]!.split("=") as [string, string];
    assertEquals(Number(value), (last.get(key) ?? 0) + 1, `${line} behind ${last.get(key)}`);
    last.set(key, Number(value));
  }
}

const watchers = (clients: readonly Client[]) =>
  Promise.all(clients.map(async (client) => collect(await client.watch("", { from: 1 }))));

Deno.test("watchers see every change once and in order through two killed leaders, their restarts and a replica that lies", () =>
  withLocalCluster({}, async (cluster) => {
    const liar = "r4";
    await cluster.start(liar, "--byzantine", "forge-client", "--unsafe-test-faults");
    const honest = cluster.ids.filter((id) => id !== liar);
    for (const id of honest) await cluster.start(id);
    const [writer, ...readers] = await Promise.all([cluster.client("c1"), cluster.client("c2"), cluster.client("c2")]);
    const observer = await Observer.of(cluster, "c3");
    const load = startCounting(writer!, 6, { thinkMs: 5 });
    const all = await watchers(readers);
    for (let i = 0; i < 2; i++) {
      await eventually("load runs", () => load.acknowledged >= 100 * (i + 1), 60_000);
      const { leader } = await waitForLeader(observer, honest);
      if (leader === liar) continue;
      await cluster.process(leader).kill();
      const seen = load.acknowledged;
      await eventually("load goes on", () => load.acknowledged >= seen + 60, 60_000);
      await cluster.start(leader);
    }
    await load.stop();
    const writes = load.acknowledged;
    assert(writes >= 200);
    for (const { seen } of all) await eventually("all was told", () => revisionsOf(seen).at(-1) === writes, 30_000);
    for (const { seen } of all) assertComplete(seen, writes);
    for (const reader of readers) await reader.close();
  }));
