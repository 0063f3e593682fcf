/** A thousand writes on real processes, and the logs and states compared afterwards (I5, I6). */
import { assert } from "@std/assert";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { writeMany } from "./support/workload.ts";

for (const replicas of [4, 7]) {
  Deno.test(`${replicas} replicas: 1000 writes, equal hash at every index and equal state on all`, () =>
    withLocalCluster({ replicas }, async (cluster) => {
      await cluster.startAll();
      const client = await cluster.client("c1");
      await writeMany(client, 1000, 32);
      const observer = await Observer.of(cluster, "c2");
      const { commitIndex } = await assertEqualLogs(observer, cluster.ids);
      assert(commitIndex > 1, `only ${commitIndex} entries were committed`);
    }));
}
