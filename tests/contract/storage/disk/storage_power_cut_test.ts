/**
 * Power cuts: commits of nothing but chunks do not wait for the disk, every other commit makes all before it durable. A truncated log
 * stands for the cut, as a cut can take nothing that lies before a commit that waited.
 */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { openMemoryStorage } from "../../../../replica/storage/memory/memory_storage.ts";
import type { Storage } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { copyDir, lengthOf, openIn, withDir } from "./storage_disk_lab.ts";

const partOf = (i: number) => fx.chunk(`part ${i} `, 20_000);
const heldIn = (storage: Storage): boolean[] =>
  Array.from({ length: 6 }, (_, i) => storage.chunks.has(partOf(i).digest));
const first = (count: number): boolean[] => Array.from({ length: 6 }, (_, i) => i < count);

Deno.test("sqlite: a cut of the log after the last commit that waited takes chunks written later, last ones first, and nothing else", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    storage.commit([fx.chunks([partOf(0)])], []);
    storage.commit([fx.chunks([partOf(1)])], []);
    storage.commit([fx.hardState(3)], []);
    const wal = `${dir}/replica.db-wal`;
    const synced = lengthOf(wal);
    const ends = [synced];
    for (let i = 2; i < 6; i++) {
      storage.commit([fx.chunks([partOf(i)])], []);
      ends.push(lengthOf(wal));
    }
    for (let length = synced; length <= ends[4]!; length += 1777) {
      const copy = `${dir}/${length}`;
      copyDir(dir, copy);
      Deno.truncateSync(`${copy}/replica.db-wal`, length);
      const cut = openIn(copy);
      assertEquals(cut.load().hardState.currentTerm as number, 3);
      assertEquals(heldIn(cut), first(1 + ends.filter((end) => end <= length).length));
      // Everything cut can be written again.
      cut.commit([fx.chunks([2, 3, 4, 5].map(partOf))], []);
      cut.commit([fx.hardState(4)], []);
      assertEquals(heldIn(cut), first(6));
      cut.close();
    }
    storage.close();
  }));

Deno.test("sqlite: a signed Checkpoint waits for chunks that did not, even where nothing else is written", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    const log = fx.grow(fx.GENESIS, 2, 1);
    const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));
    storage.commit([fx.hardState(1), fx.append(log), fx.commit(1, fx.endOf(log))], []);
    const wal = `${dir}/replica.db-wal`;
    storage.commit([fx.chunks(chunks)], []);
    const before = lengthOf(wal);
    storage.commit([], [fx.checkpointing(fx.endOf(log), stateDigest)]);
    // SQLite syncs along with what it writes, so something had to be written.
    const after = lengthOf(wal);
    assert(after > before);
    storage.commit([], [fx.checkpointing(fx.endOf(log), stateDigest)]);
    assertEquals(lengthOf(wal), after);
    storage.close();
  }));

/** Returns the inodes of the files synced from here on; `undo` ends that. */
function spyOnSyncs(): { readonly inodes: Set<number | null>; readonly undo: () => void } {
  const { prototype } = Deno.FsFile;
  const { syncSync } = prototype;
  const inodes = new Set<number | null>();
  prototype.syncSync = function () {
    inodes.add(this.statSync().ino);
    syncSync.call(this);
  };
  return { inodes, undo: () => prototype.syncSync = syncSync };
}

Deno.test("sqlite: what a killed process left in the log is durable before anything is read from it, and signed again without a write", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    const log = fx.grow(fx.GENESIS, 2, 1);
    const head = fx.endOf(log);
    storage.commit([fx.hardState(1, { ack: head }), fx.append(log)], [fx.acks(1, head)]);
    const killed = `${dir}/killed`;
    copyDir(dir, killed);
    storage.close();
    const { ino } = Deno.statSync(`${killed}/replica.db-wal`);
    const { inodes, undo } = spyOnSyncs();
    try {
      const again = openIn(killed);
      assert(inodes.has(ino), "nobody knows whether it reached the disk");
      const length = lengthOf(`${killed}/replica.db-wal`);
      again.commit([], [fx.acks(1, head)]);
      assertEquals(lengthOf(`${killed}/replica.db-wal`), length);
      again.close();
    } finally {
      undo();
    }
  }));

Deno.test("memory: a crash takes exactly the chunks that no later commit has made durable", () => {
  const disk = new MemoryDisk();
  const options = { clusterId: fx.CLUSTER, hash: sha256Hex, disk };
  let storage = openMemoryStorage(options);
  storage.commit([fx.chunks([partOf(0)])], []);
  storage.commit([fx.hardState(1)], []);
  storage.commit([fx.chunks([partOf(1)])], []);
  storage.commit([], [fx.acks(1)]);
  storage.commit([fx.chunks([partOf(0), partOf(2)])], []);
  storage.commit([fx.dropChunks([partOf(2).digest]), fx.chunks([partOf(3)])], []);
  const copy = disk.clone();
  storage.crash();
  storage = openMemoryStorage(options);
  assertEquals(heldIn(storage), first(2));
  assertEquals(heldIn(openMemoryStorage({ ...options, disk: copy })), first(2));
  storage.commit([fx.chunks([partOf(2)])], []);
  storage.close();
  assertEquals(heldIn(openMemoryStorage(options)), first(3));
});
