import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../tasks/support/eventually.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";

Deno.test("four processes commit, survive kill -9 of their leader, and bring it back into line", () =>
  withLocalCluster({}, async (cluster) => {
    await cluster.startAll("--log-level", "info");
    const client = await cluster.client("c1");
    const observer = await Observer.of(cluster, "c2");
    await client.put("a", "1");
    const leader = (await client.getStatus()).map((line) =>
      line.reachable ? (line.status as { leader: string }).leader : ""
    )[0]!;
    await cluster.process(leader).kill();
    const { revision } = await client.put("a", "2");
    assertEquals(revision, 2);
    const others = cluster.ids.filter((id) => id !== leader);
    const statuses = await observer.statuses(others);
    assert(statuses.some((status) => status.leader !== leader && status.leader !== null));
    await cluster.start(leader, "--log-level", "info");
    await eventually("the old leader is level with the others", async () => {
      const all = await observer.statuses(cluster.ids);
      return all.length === 4 && new Set(all.map(({ commitHash }) => commitHash)).size === 1;
    });
    assert((await observer.compare(cluster.ids)).commitIndex >= 4);
    const ended = await cluster.process(others[0]!).end();
    assertEquals(ended.code, 0);
  }));
