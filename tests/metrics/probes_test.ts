/** Metrics and probes of real replicas, scraped while the cluster works and while it cannot. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";
import { REPLICA_METRICS } from "../../replica/http/mod.ts";
import { get, valuesIn } from "./scrape.ts";

Deno.test("replicas serve metrics and probes, and say when a quorum is gone", async () => {
  await withLocalCluster({}, async (cluster) => {
    const base = findFreePorts(cluster.ids.length);
    const portOf = new Map(cluster.ids.map((id, i) => [id, base + i]));
    await Promise.all(cluster.ids.map((id) => cluster.start(id, "--http", `127.0.0.1:${portOf.get(id)}`)));
    const client = await cluster.client("c1");
    for (let i = 0; i < 50; i++) await client.put(`key ${i}`, "value");
    const port = base;
    await eventually("r1 is healthy", async () => (await get(port, "/healthz")).status === 200);

    const scraped = await get(port, "/metrics");
    assertEquals([scraped.status, scraped.type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    const values = valuesIn(scraped.body);
    Deno.writeTextFileSync("/tmp/wt/scrape.txt", scraped.body);
    assert(values.get("bft_raft_commit_index")! >= 1);
    for (const { name } of REPLICA_METRICS) assertMatch(scraped.body, new RegExp(`^# TYPE ${name} `, "m"));
    assertEquals((await get(port, "/readyz")).status, 200);

    await Promise.all(["r3", "r4"].map((id) => cluster.process(id).kill()));
    await eventually("r1 has lost its quorum", async () => (await get(port, "/healthz")).status === 503, 20_000);
    const sick = JSON.parse((await get(port, "/readyz")).body);
    Deno.writeTextFileSync("/tmp/wt/sick.txt", JSON.stringify(sick));
  });
});
