/** Metrics and probes of real replicas, scraped while the cluster works and while it cannot. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { REPLICA_METRICS, serveProbes } from "../../replica/http/mod.ts";
import { Meters } from "../../replica/status/meters.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";
import { get, valuesIn } from "./scrape.ts";

Deno.test("replicas serve metrics and probes, and say when a quorum is gone", async () => {
  await withLocalCluster({}, async (cluster) => {
    const port = findFreePorts(cluster.ids.length);
    const start = (id: string) => cluster.start(id, "--http", `127.0.0.1:${port + cluster.ids.indexOf(id)}`);
    await Promise.all(cluster.ids.map(start));
    const client = await cluster.client("c1");
    for (let i = 0; i < 20; i++) await client.put(`key ${i}`, "value");
    await eventually("r1 is healthy", async () => (await get(port, "/healthz")).status === 200);
    await eventually("the cluster can write", async () => (await get(port, "/readyz")).status === 200);

    const { status, type, body } = await get(port, "/metrics");
    assertEquals([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    for (const { name, help } of REPLICA_METRICS) {
      assert(body.includes(`# HELP ${name} ${help}\n`), name);
    }
    const values = valuesIn(body);
    assert(values.get("bft_raft_commit_index")! >= 20);
    for (const phase of ["prepare", "commit", "apply", "answer"]) {
      assert(values.get(`bft_raft_phase_seconds_count{phase="${phase}"}`)! >= 10, phase);
    }
    assert(values.get('bft_raft_signatures_total{work="verified"}')! > 0);
    assert(values.get("bft_raft_storage_sync_seconds_count")! > 0);
    assertMatch(body, /^bft_raft_leader{leader="r\d"} 1$/m);
    const all = await Promise.all(cluster.ids.map(async (_, i) => valuesIn((await get(port + i, "/metrics")).body)));
    const ordered = all.map((each) => each.get('bft_raft_phase_seconds_count{phase="order"}')!);
    assert(ordered.reduce((sum, count) => sum + count) >= 10, `${ordered}`);

    await Promise.all(["r3", "r4"].map((id) => cluster.process(id).kill()));
    await eventually("r1 has lost its quorum", async () => (await get(port, "/healthz")).status === 503, 20_000);
    const sick = await get(port, "/readyz");
    assertEquals([sick.status, sick.type], [503, "application/problem+json"]);
    assertEquals(JSON.parse(sick.body).reason, "hears-no-quorum");
    const after = valuesIn((await get(port, "/metrics")).body);
    assertEquals(
      [after.get("bft_raft_healthy"), after.get('bft_raft_trouble{reason="hears-no-quorum"}')],
      [0, 1],
    );
  });
});

Deno.test("at an address of this machine alone, only who asks for that by its own name is answered", async () => {
  const probes = serveProbes({ hostname: "127.0.0.1", port: 0 }, new Meters(() => performance.now()));
  try {
    const ask = async (host: string) => {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: probes.port });
      await connection.write(new TextEncoder().encode(`GET /healthz HTTP/1.1\r\n${host}\r\n`));
      const text = await new Response(connection.readable).text();
      return text.split(" ")[1];
    };
    for (const own of ["", "Host: 127.0.0.1:9464\r\n", "host:localhost\r\n", "HOST: [::1]:9464 \r\n"]) {
      assertEquals(await ask(own), "503", own); // it is starting
    }
    for (const strange of ["page.example:9464", "127.0.0.1.page.example", "", "[::1", "localhost:x"]) {
      assertEquals(await ask(`Host: ${strange}\r\n`), "403", strange);
    }
  } finally {
    probes.close();
  }
});

Deno.test("an address that is taken is told of before the replica starts", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await withLocalCluster({}, async (cluster) => {
    const process = await cluster.launch("r1", "--http", `127.0.0.1:${taken.addr.port}`);
    const { code } = await process.exited;
    assertEquals(code, 2);
    assertMatch(process.stderr.lines.join("\n"), /--http: given 127\.0\.0\.1:\d+, wanted an address/);
  });
});
