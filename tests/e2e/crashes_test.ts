/**
 * One life of a cluster of real processes: a thousand writes, kill -9 of the leader under load, f replicas down, f + 1 down, and all back;
 * the logs and states are compared after each (I5, I6, §7.1).
 */
import { assert, assertEquals } from "@std/assert";
import type { Client } from "../../client/mod.ts";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { startCounting, writeMany } from "./support/workload.ts";

const LONG = { timeoutMs: 60_000 };

interface Situation {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly observer: Observer;
}

for (const replicas of [4, 7]) {
  const f = Math.floor((replicas - 1) / 3);
  Deno.test(`${replicas} replicas: 1000 writes, the leader killed under load, ${f} down, ${f + 1} down, and all equal again`, () =>
    withLocalCluster({ replicas }, async (cluster) => {
      await cluster.startAll();
      const situation = { cluster, client: await cluster.client("c1"), observer: await Observer.of(cluster, "c2") };
      await writesAThousand(situation);
      await outlivesItsLeader(situation);
      await servesWithAQuorumAlone(situation, f);
      assertEquals((await cluster.process(cluster.ids[0]!).end()).code, 0);
    }));
}

/** Equal hash at every index and equal state on all. */
async function writesAThousand({ cluster, client, observer }: Situation): Promise<void> {
  await writeMany(client, 1000, 32);
  const { commitIndex } = await assertEqualLogs(observer, cluster.ids);
  assert(commitIndex > 1, `only ${commitIndex} entries were committed`);
}

/** Nothing acknowledged is lost or applied twice, and the killed one comes back from its disk. */
async function outlivesItsLeader({ cluster, client, observer }: Situation): Promise<void> {
  const load = startCounting(client, 8, { thinkMs: 0 }); // so that requests are under way whenever it is killed
  await eventually("load runs", () => load.acknowledged >= 100, 60_000);
  const { leader, term } = await waitForLeader(observer, cluster.ids);
  await cluster.process(leader).kill();
  const atKill = load.acknowledged;
  const others = cluster.ids.filter((id) => id !== leader);
  await waitForLeader(observer, others, (status) => status.term > term);
  await eventually("writes go on", () => load.acknowledged >= atKill + 100, 60_000);
  await cluster.start(leader);
  await eventually("writes go on beside the restarted replica", () => load.acknowledged >= atKill + 200, 60_000);
  await load.stop();
  await load.check(client);
  const { commitIndex } = await assertEqualLogs(observer, cluster.ids);
  assert(commitIndex > 10);
}

/** f replicas down: progress. f + 1 down: none, exit code 3, no wrong answer; and progress again when they return. */
async function servesWithAQuorumAlone({ cluster, client, observer }: Situation, f: number): Promise<void> {
  await client.put("a", "1", LONG);
  const down = cluster.ids.slice(0, f + 1);
  for (const id of down.slice(0, f)) await cluster.process(id).kill();
  const second = await client.put("a", "2", LONG);
  await cluster.process(down[f]!).kill();
  const [late, read] = await Promise.all([
    runClient(cluster, "--timeout-ms", "3000", "put", "a", "3"),
    runClient(cluster, "--timeout-ms", "3000", "get", "a"),
  ]);
  assertEquals(late.code, 3, JSON.stringify(late.json));
  assertEquals(late.json.ok, false);
  assertEquals(read.code, 3, `a read was answered without a quorum: ${JSON.stringify(read.json)}`);
  await Promise.all(down.map((id) => cluster.start(id)));
  const after = await client.get("a", LONG);
  // The write that timed out may have been executed or not; anything else would be wrong.
  assert(after.found && ["2", "3"].includes(new TextDecoder().decode(after.value)));
  assert(after.found && after.revision >= second.revision);
  await client.put("a", "4", LONG);
  await assertEqualLogs(observer, cluster.ids);
}

/** Runs one client command as a separate process. */
async function runClient(cluster: LocalCluster, ...args: string[]) {
  await using process = new DenoProcess("client", "client/main.ts", [...cluster.credentials("c3"), "--json", ...args]);
  const { code } = await process.exited;
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return { code, json: JSON.parse(process.stdout.lines.join("\n")) };
}
