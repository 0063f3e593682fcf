/** kill -9 of the leader under load: nothing acknowledged is lost or applied twice (§7.1), and it comes back from its disk. */
import { assert } from "@std/assert";
import { eventually } from "../../tasks/support/eventually.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { startCounting } from "./support/workload.ts";

for (const replicas of [4, 7]) {
  Deno.test(`${replicas} replicas: the leader is killed under load, restarts from its disk and is equal again`, () =>
    withLocalCluster({ replicas }, async (cluster) => {
      await cluster.startAll();
      const client = await cluster.client("c1");
      const observer = await Observer.of(cluster, "c2");
      const load = startCounting(client, 8);
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
    }));
}
