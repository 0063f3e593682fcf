/** The judgement of whole clusters of real replicas: what it says of each trouble is what a write then finds. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, judgeHealth, NoQuorumError } from "../../../client/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const WRITE_MS = 1000;

/** Waits until the judgement is `verdict`, and returns its sentence. */
const says = (client: Client, verdict: string) =>
  eventually(`a judgement of ${verdict}`, async () => {
    const health = judgeHealth(await client.getStatus({ timeoutMs: 500 }));
    return health.verdict === verdict && health.sentence;
  });

const writes = async (client: Client) => assert((await client.put("a", "1", { timeoutMs: 10_000 })).index > 0);

const writesNot = (client: Client) => assertRejects(() => client.put("a", "1", { timeoutMs: WRITE_MS }), NoQuorumError);

/** Returns a cluster of four that has written, of which one follower is gone already, and the ids of the others that follow. */
async function withOneDown(body: (cluster: MemoryCluster, client: Client, followers: string[]) => Promise<void>) {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await writes(client);
  assertStringIncludes(await says(client, "writable"), "r1, r2, r3, r4 follow");
  const leader = await eventually("one leader", () => {
    const leaders = new Set(cluster.statuses().map((status) => status.leader));
    return leaders.size === 1 && [...leaders][0];
  });
  const [gone, ...followers] = ["r1", "r2", "r3", "r4"].filter((id) => id !== leader);
  await cluster.stop(gone!);
  await writes(client);
  assertStringIncludes(await says(client, "writable"), `${gone}: did not answer (true if none of them lies)`);
  await body(cluster, client, followers);
}

Deno.test("one down and a disk that refuses: no quorum, until the disk is back", () =>
  withOneDown(async (cluster, client, [follower]) => {
    cluster.disk(follower!).refusing = "no space left";
    await writesNot(client);
    assertStringIncludes(await says(client, "no-quorum"), `${follower}: disk refuses`);
    cluster.disk(follower!).refusing = null;
    await says(client, "writable");
    await writes(client);
  }));

Deno.test("one down and one deactivated: no quorum, until it is activated", () =>
  withOneDown(async (cluster, client, [follower]) => {
    const operator = cluster.client("operator");
    await operator.setActive(follower!, false);
    assertStringIncludes(await says(client, "no-quorum"), `${follower}: was deactivated`);
    await writesNot(client);
    await operator.setActive(follower!, true);
    await says(client, "writable");
    await writes(client);
  }));

Deno.test("two down: no quorum, and no liar could change that; the leader down as well: nobody to follow", () =>
  withOneDown(async (cluster, client, followers) => {
    await cluster.stop(followers[0]!);
    assertStringIncludes(await says(client, "no-quorum"), "true unless more than 1 of them lies");
    await writesNot(client);
    const health = judgeHealth(await client.getStatus({ timeoutMs: 500 }));
    assertEquals(health.standings.filter(({ full }) => full).length <= 2, true);
  }));
