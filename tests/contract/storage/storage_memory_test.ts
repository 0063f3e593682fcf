/** Crash points of the memory twin. */
import { assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { genesisProof } from "../../../protocol/epochs/genesis_proof.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { NOTHING_SIGNED } from "../../../replica/storage/guard.ts";
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

for (const [point, kept] of [["before", null], ["meanwhile", null], ["after", 2]] as const) {
  Deno.test(`memory: a crash (${point}) as an epoch is archived, or begun, leaves it ${kept === null ? "out" : "there"}`, () => {
    const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));
    const genesis = fx.genesisAfter(fx.endOf(LOG.slice(0, 2)), stateDigest);
    const storage = filled();
    storage.failNext = point;
    assertThrows(() => storage.epochs.put(2, Uint8Array.of(1), null), StorageError, `Simulated crash: ${point}`);
    const second = storage.reopen();
    assertEquals(second.epochs.newest(), kept);
    second.failNext = point;
    const begin = () => second.commit([fx.chunks(chunks), fx.beginEpoch(genesis, true)], []);
    assertThrows(begin, StorageError, `Simulated crash: ${point}`);
    assertEquals(second.reopen().load().genesis?.epoch ?? null, kept);
  });
}

Deno.test("memory: a disk in an epoch that it cannot be in is refused", () => {
  const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));
  const end = fx.endOf(LOG.slice(0, 2));
  const genesis = fx.genesisAfter(end, stateDigest);
  const [below, beside] = [fx.GENESIS, { index: genesis.index, hash: end.hash }];
  const zero = { ...fx.commitCertificate(0, end), links: [], responses: [] };
  const cases: readonly (readonly [boolean, PersistOperation, string])[] = [
    [false, fx.append(LOG.slice(0, 1)), "The log holds entry 1 of an epoch that begins at 2"],
    [true, fx.restart(below), "The log begins behind (0, "],
    [true, fx.restart(beside), `The log begins behind (2, ${end.hash}), the genesis is (2, ${genesis.hash})`],
    [true, { op: "commit", index: end.index, certificate: zero }, "A certificate of term 0 is of (2, "],
    [true, { op: "prepared", certificate: zero, branch: [] }, "A certificate of term 0 is of (2, "],
    [false, fx.transfer({ ...fx.checkpointProof(1, end, stateDigest), commit: zero }), "A certificate of term 0"],
    [
      false,
      { op: "commit", index: end.index, certificate: genesisProof(genesis).commit },
      "commit index is 2 but the log ends at 0",
    ],
  ];
  for (const [held, change, message] of cases) {
    const { disk } = filled();
    for (const operation of [fx.chunks(chunks), fx.beginEpoch(genesis, held)]) disk.write(operation);
    disk.guard = NOTHING_SIGNED;
    disk.sync();
    const options = { clusterId: fx.CLUSTER, hash: sha256Hex, disk };
    assertEquals(openMemoryStorage(options).load().genesis, genesis);
    disk.write(change);
    assertThrows(() => openMemoryStorage(options), StorageError, message);
  }
});
