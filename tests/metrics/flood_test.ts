/** Strangers at the probes of every replica, as many and as fast as they can, while clients write. */
import { assert, assertEquals } from "@std/assert";
import { HTTP_LIMITS } from "../../replica/http/http_limits.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";
import { get, valuesIn } from "./scrape.ts";

const STRANGERS = 8;
const WRITES = 200;

const HEADS = [
  "GET /metrics HTTP/1.1\r\n\r\n",
  "GET /healthz HTTP/1.1\r\n", // and no more
  "\u0000".repeat(2 * HTTP_LIMITS.headBytes),
  `GET /${"x".repeat(4000)} HTTP/1.1\r\n\r\n`,
].map((head) => new TextEncoder().encode(head));

/** Connects again and again until `isOver`; returns how many connections began. */
async function flood(port: number, isOver: () => boolean): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let begun = 0;
  for (; !isOver(); begun++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (connection === null) continue;
    const impatience = setTimeout(() => connection.close(), 500);
    try {
      await connection.write(HEADS[begun % HEADS.length]!);
      while (await connection.read(buffer) !== null);
      clearTimeout(impatience);
      connection.close();
    } catch {
      clearTimeout(impatience);
      try {
        connection.close();
      } catch {
        // By impatience.
      }
    }
  }
  return begun;
}

Deno.test("a flood at the probes changes no leader and fails no write, and answers come again once it is over", async () => {
  await withLocalCluster({}, async (cluster) => {
    const base = findFreePorts(cluster.ids.length);
    const ports = cluster.ids.map((_, i) => base + i);
    await Promise.all(cluster.ids.map((id, i) => cluster.start(id, "--http", `127.0.0.1:${ports[i]}`)));
    const client = await cluster.client("c1");
    const write = async () => {
      for (let i = 0; i < WRITES; i++) await client.put(`key ${i}`, "value");
    };
    await client.put("first", "");
    const scrape = async () => valuesIn((await get(base, "/metrics")).body);
    const term = (await scrape()).get("bft_raft_term");
    await write();
    let isOver = false;
    const strangers = ports.flatMap((port) => Array.from({ length: STRANGERS }, () => flood(port, () => isOver)));
    await write().finally(() => isOver = true);
    const begun = (await Promise.all(strangers)).reduce((sum, each) => sum + each, 0);
    assert(begun > 100, `${begun} connections`);
    await eventually("probes answer again", async () => (await get(base, "/healthz")).status === 200);
    const after = await eventually("metrics are of now", async () => {
      const values = await scrape();
      return values.get("bft_raft_commit_index")! > 2 * WRITES ? values : null;
    });
    assertEquals([after.get("bft_raft_term"), after.get("bft_raft_healthy")], [term, 1]);
  });
});
