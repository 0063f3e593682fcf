/** Faults and restarts of whole replicas in one process, over the in-memory network. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const leaderOf = (cluster: MemoryCluster) =>
  eventually("one leader named by all", () => {
    const leaders = new Set(cluster.statuses().map(({ leader }) => leader));
    const [leader] = leaders;
    return leaders.size === 1 && leader;
  });

const levelAt = (cluster: MemoryCluster, ids: readonly string[]) =>
  eventually("equal commits", () => {
    const statuses = ids.map((id) => cluster.nodes.get(id)!.replica.status());
    const points = new Set(statuses.map((s) => `${s.commitIndex} ${s.commitHash} ${s.appliedIndex}`));
    return points.size === 1 && statuses[0];
  });

Deno.test("a stopped leader is replaced; back on its disk it applies its log again and catches up", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  for (let i = 0; i < 100; i++) await client.put("n", String(i));
  const first = await leaderOf(cluster);
  await cluster.stop(first);
  await client.put("n", "without it");
  cluster.start(first);
  const status = await levelAt(cluster, cluster.roster.replicas.map(({ id }) => id));
  assert(status.commitIndex > 100);
  assert(status.leader !== first);
  const digests = await eventually("equal states", () => {
    const found = new Set(cluster.statuses().map(({ state }) => `${state.appliedIndex} ${state.digest}`));
    return found.size === 1 && found;
  });
  assertEquals(digests.size, 1);
});

Deno.test("an equivocating leader is caught by its own signatures and replaced; the honest ones agree", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("before", "1");
  const ids = cluster.roster.replicas.map(({ id }) => id as string);
  const faulty = ids.find((id) => id !== cluster.statuses()[0]!.leader)!;
  await cluster.stop(faulty);
  // Its clock is fast, so that it suspects first and has its turn soon.
  cluster.start(faulty, { byzantine: "equivocate", now: () => 4 * performance.now() });
  const honest = ids.filter((id) => id !== faulty);
  const evidenceAt = (id: string) => cluster.nodes.get(id)!.replica.status().evidence;
  const accusers = () => honest.filter((id) => evidenceAt(id).some(({ culprit }) => culprit === faulty));
  // Any other leader is stopped for a moment, until the faulty one has led and shown itself to the others, of whom one may be stopped just then.
  for (let round = 0; accusers().length < 2; round++) {
    assert(round < 40, "the faulty replica never led");
    const leader = await leaderOf(cluster);
    if (leader !== faulty) {
      await cluster.stop(leader);
      await client.put("round", String(round), { timeoutMs: 30_000 });
      cluster.start(leader);
      continue;
    }
    await client.put("shown", "yes", { timeoutMs: 30_000 });
    await levelAt(cluster, honest);
  }
  await client.put("after", "2", { timeoutMs: 30_000 });
  await levelAt(cluster, honest);
  const culprits = honest.flatMap((id) => evidenceAt(id).map(({ culprit }) => culprit));
  assertEquals(new Set(culprits), new Set([faulty]));
});

Deno.test("a replica whose disk fails stops at once, names the disk, and sends nothing that rests on the lost write", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a", "1");
  await cluster.stop("r4");
  const storage = openMemoryStorage({
    clusterId: cluster.roster.cluster,
    hash: sha256Hex,
    disk: cluster.disk("r4"),
  });
  const { running, replica } = cluster.start("r4", { storage });
  await eventually("r4 follows", () => replica.status().commitIndex >= 2);
  const { term } = replica.status();
  storage.failNext = "before";
  await client.put("b", "2");
  await assertRejects(() => running, StorageError);
  const signed = replica.status().crypto.signed;
  await client.put("c", "3");
  assertEquals(replica.status().crypto.signed, signed);
  assertEquals(replica.status().term, term);
});
