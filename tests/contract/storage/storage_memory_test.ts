/** Crash points of the memory twin. */
import { assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { type MemoryStorage, openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 4, 1);

function filled(): MemoryStorage {
  const storage = openMemoryStorage({ clusterId: fx.CLUSTER, hash: sha256Hex });
  storage.commit([fx.hardState(1), fx.append(LOG.slice(0, 2))], [fx.acks(1, fx.endOf(LOG.slice(0, 2)))]);
  return storage;
}

for (const [point, kept] of [["before", 2], ["meanwhile", 2], ["after", 4]] as const) {
  Deno.test(`memory: a crash (${point}) as a commit becomes durable leaves ${kept} entries, and the storage is dead`, () => {
    const storage = filled();
    storage.failNext = point;
    const next = () => storage.commit([fx.append(LOG.slice(2))], [fx.acks(1, fx.endOf(LOG))]);
    assertThrows(next, StorageError, `Simulated crash: ${point}`);
    assertThrows(next, StorageError, "crashed");
    const reopened = storage.reopen();
    assertEquals(reopened.load().entries, LOG.slice(0, kept));
    reopened.commit(kept === 4 ? [] : [fx.append(LOG.slice(2))], [fx.acks(1, fx.endOf(LOG))]);
    assertEquals(reopened.load().entries, LOG);
  });
}

Deno.test("memory: what load gave does not change with later commits", () => {
  const storage = filled();
  const before = storage.load();
  storage.commit([fx.truncate(1), fx.append(fx.grow(fx.endOf(LOG.slice(0, 1)), 1, 1, "other"))], []);
  assertEquals(before.entries, LOG.slice(0, 2));
});

Deno.test("memory: a cloned disk is the one from before, for a replica whose disk went back in time (§1.3)", () => {
  const storage = filled();
  const old = storage.disk.clone();
  storage.commit([fx.append(LOG.slice(2))], [fx.acks(1, fx.endOf(LOG))]);
  storage.setMeta("a", "b");
  const rolledBack = openMemoryStorage({ clusterId: fx.CLUSTER, hash: sha256Hex, disk: old });
  assertEquals([rolledBack.load().entries, rolledBack.getMeta("a")], [LOG.slice(0, 2), null]);
  assertEquals(storage.reopen().load().entries, LOG);
});

Deno.test("memory: opening verifies the disk unless told not to", () => {
  const { disk } = filled();
  const options = { clusterId: "another cluster", hash: sha256Hex, disk };
  assertThrows(() => openMemoryStorage(options), StorageError, "hash chain of the log breaks at index 1");
  assertEquals(openMemoryStorage({ ...options, verify: false }).load().entries.length, 2);
});
