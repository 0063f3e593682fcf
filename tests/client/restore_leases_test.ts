/** Leases of a backup in the cluster that it is restored into. */
import { assertEquals, assertRejects } from "@std/assert";
import { RestoreError, restoreInto } from "../../client/mod.ts";
import { encodeKvCommand, KV_LIMITS, type KvCommand, KvStore } from "../../state_machine/mod.ts";
import { contextAt } from "../support/contexts.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const value = Uint8Array.of(1);

/** A store in which c7 has leases: two of 5 s with 131 keys, and one of 9 s with one. */
function leasedStore(): KvStore {
  const store = new KvStore();
  const apply = (command: KvCommand) => store.apply(encodeKvCommand(command), contextAt(1, "c7"));
  for (const ttlMs of [5000, 5000, 9000]) apply({ op: "grant", ttlMs });
  for (let i = 0; i < KV_LIMITS.maxLeaseKeys; i++) apply({ op: "put", key: `first/${i}`, value, lease: 1 });
  for (let i = 0; i < 3; i++) apply({ op: "put", key: `second/${i}`, value, lease: 2 });
  apply({ op: "put", key: "third", value, lease: 3 });
  apply({ op: "put", key: "stays", value });
  return store;
}

Deno.test("keys that go with a lease go with one of the restore's client, of the same time", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const [client, store] = [connect("c1"), leasedStore()];
    const restored = await restoreInto(client, store);
    assertEquals([restored.keys, restored.leases], [store.size, 3]);
    const listed = async () =>
      (await client.listLeases()).items.map(({ client, ttlMs, keys }) => [client, ttlMs, keys]);
    const wanted = [["c1", 5000, KV_LIMITS.maxLeaseKeys], ["c1", 5000, 3], ["c1", 9000, 1]];
    assertEquals(await listed(), wanted);
    assertEquals([...cluster.store.items()].map(({ key }) => key), [...store.items()].map(({ key }) => key));
    assertEquals(cluster.store.leaseOf("stays"), null);

    await assertRejects(() => restoreInto(client, store), Error, "holds keys");
    assertEquals((await restoreInto(client, store, { intoExisting: true })).leases, 3);
    assertEquals((await listed()).slice(3), wanted, "those of the first restore have no keys left");
    for (const { lease } of (await client.listLeases()).items) await client.revokeLease(lease);
    assertEquals([...cluster.store.items()].map(({ key }) => key), ["stays"]);
  }));

Deno.test("a key with a lease that somebody writes during a restore is not overwritten, and the restore says where it stopped", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const client = connect("c1");
    const list: typeof client.list = async (...call) => {
      const empty = await client.list(...call);
      await connect("c2").put("third", "theirs");
      return empty;
    };
    await assertRejects(
      () => restoreInto({ ...client, list }, leasedStore()),
      RestoreError,
      "written by somebody else",
    );
    assertEquals(cluster.store.leaseOf("third"), null);
  }));
