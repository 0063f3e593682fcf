/** Client intervention against real leaders (§7.3): one that swallows a client's requests is deposed, one that serves stays. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "../support/agreement.ts";
import { interveneForEver } from "../support/intervening_client.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

/** All replicas but a quorum; in the first two terms their turns come first (§6.10). */
const DEAF = ["r2", "r3"];

// Among four: the mode `withhold` in byzantine_modes_test.ts.
Deno.test("7 replicas: a leader that swallows one client's requests is replaced, and they commit", () =>
  withLocalCluster({ replicas: 7 }, async (cluster) => {
    const honest = cluster.ids.filter((id) => !DEAF.includes(id));
    const deaf = DEAF.map((id) => cluster.start(id, "--byzantine", "withhold", "--unsafe-test-faults"));
    await Promise.all([...honest.map((id) => cluster.start(id)), ...deaf]);
    const observer = await Observer.of(cluster, "c3");
    await makeLead(cluster, observer, DEAF[0]!);
    const [ignored, served] = [await cluster.client("c1"), await cluster.client("c2")];
    await served.put("other", "served");
    const { revision } = await ignored.put("mine", "at last", { timeoutMs: 60_000 });
    assertEquals(revision, 2);
    const { leader } = await waitForLeader(observer, honest);
    assert(!DEAF.includes(leader), `${leader} leads still, though it ignores a client`);
    await assertEqualLogs(observer, honest);
  }));

/** Has `wanted` elected: the operator deactivates every other leader until it is. */
async function makeLead(cluster: LocalCluster, observer: Observer, wanted: string): Promise<void> {
  const operator = await cluster.client("operator");
  await eventually(`${wanted} leads`, async () => {
    const { leader, term } = await waitForLeader(observer, cluster.ids);
    if (leader === wanted) return true;
    const others = cluster.ids.filter((id) => id !== leader);
    await operator.setActive(leader, false);
    await waitForLeader(observer, others, (status) => status.term > term);
    await operator.setActive(leader, true);
    return false;
  }, 90_000);
}

Deno.test("a client that intervenes without end deposes nobody", () =>
  withLocalCluster({}, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const honest = await cluster.client("c3");
    const before = await waitForLeader(observer, cluster.ids);
    {
      await using flood = await interveneForEver(cluster, "c1");
      for (let i = 0; i < 30; i++) await honest.put(`key-${i}`, "written");
      await eventually("the client has intervened three hundred times", () => flood.sent >= 300, 60_000);
      await honest.put("last", "written");
      assertEquals(await waitForLeader(observer, cluster.ids), before);
    }
    await assertEqualLogs(observer, cluster.ids);
    assertEquals(await waitForLeader(observer, cluster.ids), before);
  }));
