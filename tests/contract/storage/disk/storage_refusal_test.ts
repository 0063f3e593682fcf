/** Disks that refuse for now are distinguished from damaged ones, and are reopened only once they take writes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { replicaId } from "../../../../protocol/ids.ts";
import { openDiskStorage, reopenDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import { openMemoryStorage } from "../../../../replica/storage/memory/memory_storage.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import { diskError } from "../../../../replica/storage/sqlite/sqlite_errors.ts";
import { CodedError } from "../../../support/coded_error.ts";
import * as fx from "../storage_fixtures.ts";
import { optionsIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

/** Returns the StorageError that `action` throws. */
const errorOf = (action: () => unknown): StorageError => assertThrows(action, StorageError);

/** Returns whether the error that SQLite throws in `action` is classified as a refusal. */
function classified(action: () => unknown): boolean {
  try {
    action();
  } catch (error) {
    assert(!(error instanceof StorageError));
    return diskError(error, "dir", "test").refused;
  }
  throw new Error("nothing was thrown");
}

/** Appends until the disk refuses; returns the error and the length of the log. */
function fillUp(storage: Storage): { readonly error: StorageError; readonly length: number } {
  let [head, length] = [fx.GENESIS, 0];
  storage.commit([fx.hardState(1)], []);
  const grow = () => {
    for (; length < 20_000; length += 20) {
      const more = fx.grow(head, 20, 1);
      storage.commit([fx.append(more), fx.chunks([fx.chunk(`at ${length} `, 4000)])], []);
      head = fx.endOf(more);
    }
  };
  return { error: errorOf(grow), length };
}

Deno.test("sqlite: its own errors of a full, read-only, locked or missing disk are refusals, damage is not", () =>
  withDir((dir) => {
    const path = `${dir}/a.db`;
    const db = new DatabaseSync(path);
    db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA max_page_count = 3");
    const big = "INSERT INTO t VALUES (zeroblob(100000))";
    assert(classified(() => db.exec(big)) && classified(() => db.prepare(big).run()), "full");
    db.exec("PRAGMA query_only = ON");
    assert(
      classified(() => db.exec("DELETE FROM t")) && classified(() => db.prepare("DELETE FROM t").run()),
      "query only",
    );
    assertEquals(classified(() => db.exec("SELECT nonsense")), false);
    db.close();
    const readOnly = new DatabaseSync(path, { readOnly: true });
    assert(classified(() => readOnly.exec("DELETE FROM t")), "read-only");
    readOnly.close();
    const [holder, other] = [new DatabaseSync(path), new DatabaseSync(path)];
    holder.exec("BEGIN IMMEDIATE");
    assert(classified(() => other.exec("BEGIN IMMEDIATE")), "locked");
    holder.close();
    other.close();
    assert(classified(() => new DatabaseSync(`${dir}/no/a.db`)), "missing");
    Deno.writeTextFileSync(`${dir}/b.db`, "no database".repeat(500));
    const garbage = new DatabaseSync(`${dir}/b.db`);
    assertEquals(classified(() => garbage.exec("SELECT * FROM t")), false);
    garbage.close();
  }));

Deno.test("the system's errors of a full or read-only disk are refusals, others are not", () => {
  const withCode = (code: string) => diskError(new CodedError(code, code), "dir", "open").refused;
  assertEquals(["ENOSPC", "EROFS", "EDQUOT", "EIO"].map(withCode), [true, true, true, true]);
  const tooLarge = new Error("File too large (os error 27)");
  assert(diskError(tooLarge, "dir", "write to").refused, "one without a code");
  assertEquals([withCode("ENOTDIR"), diskError(new Error("any"), "dir", "open").refused], [false, false]);
});

for (const [bound, more] of [["maxPages", 60], ["maxLogBytes", 300_000]] as const) {
  Deno.test(`disk: full by ${bound} it refuses; opened again without room it still does, with room everything committed is there`, () =>
    withDir((dir) => {
      const bounded = { ...optionsIn(dir), [bound]: more };
      const storage = openDiskStorage(bounded);
      const { error, length } = fillUp(storage);
      assert(error.refused && length > 0, error.message);
      assert(errorOf(() => storage.commit([fx.hardState(1)], [])).refused, "the dead storage says so too");
      storage.close();
      const still = errorOf(() => reopenDiskStorage(bounded));
      assert(still.refused, still.message);
      const back = reopenDiskStorage(optionsIn(dir));
      assertEquals(back.load().entries.length, length);
      back.commit([fx.hardState(7)], []);
      back.close();
      const again = openDiskStorage(optionsIn(dir));
      assertEquals([again.load().entries.length, again.load().hardState.currentTerm as number], [length, 7]);
      again.close();
    }));
}

Deno.test("disk: a database that is gone is waited for and never made anew", () =>
  withDir((dir) => {
    const storage = openDiskStorage(optionsIn(dir));
    storage.commit([fx.hardState(3)], []);
    storage.close();
    Deno.renameSync(`${dir}/replica.db`, `${dir}/elsewhere`);
    assert(errorOf(() => reopenDiskStorage(optionsIn(dir))).refused);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["elsewhere", "replica.known", SEGMENT]);
    assert(errorOf(() => reopenDiskStorage(optionsIn(`${dir}/nowhere`))).refused);
    Deno.renameSync(`${dir}/elsewhere`, `${dir}/replica.db`);
    const back = reopenDiskStorage(optionsIn(dir));
    assertEquals(back.load().hardState.currentTerm as number, 3);
    back.close();
  }));

Deno.test("disk: opened again, a disk in use refuses; another replica's or a damaged one is no refusal", () =>
  withDir((dir) => {
    const holder = openDiskStorage(optionsIn(dir));
    assert(errorOf(() => reopenDiskStorage(optionsIn(dir))).refused);
    holder.close();
    const foreign = errorOf(() => reopenDiskStorage({ ...optionsIn(dir), replica: replicaId("r2") }));
    assertEquals([foreign.refused, foreign.message.includes("belongs to")], [false, true]);
    Deno.writeTextFileSync(`${dir}/replica.db`, "no database".repeat(500));
    assertEquals(errorOf(() => reopenDiskStorage(optionsIn(dir))).refused, false);
  }));

Deno.test("memory: a disk that refuses changes nothing and ends the storage, until it is opened again with the disk accepting", () => {
  const disk = new MemoryDisk();
  const storage = openMemoryStorage({ clusterId: fx.CLUSTER, hash: sha256Hex, disk });
  storage.commit([fx.hardState(1)], []);
  disk.refusing = "no room";
  assert(errorOf(() => storage.commit([fx.hardState(2)], [])).refused);
  assert(errorOf(() => storage.reopen()).refused);
  disk.refusing = null;
  errorOf(() => storage.commit([fx.hardState(2)], []));
  const back = storage.reopen();
  assertEquals(back.load().hardState.currentTerm as number, 1);
  disk.refusing = "no room";
  assert(errorOf(() => back.setMeta("a", "b")).refused);
});
