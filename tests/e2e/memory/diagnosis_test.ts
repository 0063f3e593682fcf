/** The errors of calls that found no quorum, on real replicas: two of four down, another cluster's roster, a client nobody knows. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, createClient, diagnosed, NoQuorumError } from "../../../client/mod.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { backend } from "../../support/backends.ts";
import { makeRoster } from "../../support/make_roster.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

/** Runs `body` with a client of `roster` that is connected to the replicas of `cluster`. */
async function withClientOf(
  cluster: MemoryCluster,
  roster: Roster,
  key: KeyFile,
  body: (client: Client) => Promise<void>,
): Promise<void> {
  const timings = { timeoutMs: 800, statusMs: 1500 };
  const client = createClient({ roster, key, transport: cluster.clientTransport(), backend, timings });
  try {
    await body(client);
  } finally {
    await client.close();
  }
}

const failureOf = async (client: Client, call: Promise<unknown>): Promise<string> => {
  const error: Error = await assertRejects(() => diagnosed(client, call), NoQuorumError);
  return error.message;
};

Deno.test("with two of four down, put and get say who answers, who does not, and what to start", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c2").put("a", "1");
  await cluster.stop("r3");
  await cluster.stop("r4");
  await withClientOf(cluster, cluster.roster, cluster.keys.get("c1")!, async (client) => {
    for (const message of [await failureOf(client, client.put("a", "2")), await failureOf(client, client.get("a"))]) {
      assertStringIncludes(message, "r3, r4: did not answer");
      assertStringIncludes(message, "A quorum of 3 of 4 is needed");
      assertStringIncludes(message, "start r3 or r4");
    }
  });
});

Deno.test("with the roster of another cluster at the same addresses, put, get and status say so", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c1").put("a", "1");
  const { roster, keys } = makeRoster();
  await withClientOf(cluster, roster, keys.get("c1")!, async (client) => {
    for (const call of [() => client.put("a", "2"), () => client.get("a")]) {
      const message = await failureOf(client, call());
      assertStringIncludes(message, "r1, r2, r3, r4: does not know this client");
      assertStringIncludes(message, `Is cluster.json (cluster ${roster.cluster}) that of another cluster`);
    }
    const reasons = (await client.getStatus()).map((line) => line.reachable ? "" : line.reason.slice(0, 13));
    assertEquals(reasons, Array(4).fill("does not know"));
  });
});

Deno.test("a client that the replicas' roster does not list is told that they do not know it", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c1").put("a", "1");
  const { roster, keys } = makeRoster({ clients: 3 });
  const listed: Roster = { ...cluster.roster, clients: [...cluster.roster.clients, roster.clients[2]!] };
  const key = { ...keys.get("c3")!, cluster: cluster.roster.cluster, operatorKey: cluster.roster.operatorKey };
  await withClientOf(cluster, listed, key, async (client) => {
    assertStringIncludes(await failureOf(client, client.put("a", "2")), "does not know this client");
  });
});
