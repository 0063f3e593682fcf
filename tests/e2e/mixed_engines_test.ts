/** A cluster of both engines, two replicas and one client on each: writes, a replica of each killed, equal logs. The whole suite runs so too (`docs/testing.md`). */
import { eventually } from "../../tasks/support/eventually.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

const LONG = { timeoutMs: 60_000 };

Deno.test("two replicas on libzmq and two on zmtp serve clients of both, and outlive one of each", () =>
  withLocalCluster({ libzmq: ["r1", "r2", "c1"] }, async (cluster) => {
    await cluster.startAll();
    const clients = [await cluster.client("c1"), await cluster.client("c2")];
    const observer = await Observer.of(cluster, "c3");
    for (const engine of [["r1", "r2"], ["r3", "r4"]]) {
      for (const [i, client] of clients.entries()) await client.put(`key-${i}`, "before", LONG);
      const { leader, term } = await waitForLeader(observer, cluster.ids);
      const victim = engine.includes(leader) ? leader : engine[0]!;
      await cluster.process(victim).kill();
      const others = cluster.ids.filter((id) => id !== victim);
      if (victim === leader) await waitForLeader(observer, others, (status) => status.term > term);
      for (const [i, client] of clients.entries()) await client.put(`key-${i}`, "after", LONG);
      await cluster.start(victim);
    }
    await eventually("all are level", async () => (await observer.statuses(cluster.ids)).length === 4);
    await assertEqualLogs(observer, cluster.ids);
  }));
