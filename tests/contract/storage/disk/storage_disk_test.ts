/** Conditions that only a real disk has: another owner, a second opening, no space left, damage. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { replicaId } from "../../../../protocol/ids.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { EMPTY_RECOVERED } from "../../../../replica/storage/empty.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { assertRefused, type Damage, DATABASE_DAMAGES } from "./database_damage.ts";
import { dyingAt } from "./file_spy.ts";
import { fill, LOG } from "./filled_disk.ts";
import { openIn as open, optionsIn, withDir } from "./storage_disk_lab.ts";

Deno.test("disk: a disk of another cluster or replica is refused by name", () =>
  withDir((dir) => {
    open(dir).close();
    const foreign = { dir, clusterId: "other", replica: fx.REPLICA };
    const error = assertThrows(() => openDiskStorage(foreign), StorageError);
    assertStringIncludes(error.message, `This disk belongs to cluster ${fx.CLUSTER} replica r1`);
    assertThrows(
      () => openDiskStorage({ ...optionsIn(dir), replica: replicaId("r2") }),
      StorageError,
      "This disk belongs to cluster contract-cluster replica r1",
    );
    open(dir).close();
  }));

Deno.test("disk: a second open of one directory is refused, and leaves the first unharmed", () =>
  withDir((dir) => {
    const first = open(dir);
    const error = assertThrows(() => open(dir), StorageError, "in use by another process");
    assertStringIncludes(error.message, dir);
    first.commit([fx.hardState(1)], []);
    first.close();
    const second = open(dir);
    assertEquals(second.load().hardState.currentTerm as number, 1);
    second.close();
  }));

/** Commits until the disk is full; returns the log without what it did not take. */
function growUntilFull(storage: Storage, error: string): typeof LOG {
  let log = LOG.slice(1);
  const grow = () => {
    for (let i = 0; i < 1000; i++) {
      const more = fx.grow(fx.endOf(log), 20, 4);
      const chunk = fx.chunk(`chunk ${i}`, 4000);
      storage.commit([fx.append(more), fx.chunks([chunk])], []);
      log = [...log, ...more];
    }
  };
  assertThrows(grow, StorageError, error);
  assertThrows(() => storage.commit([fx.hardState(9)], []), StorageError, "failed before");
  return log;
}

for (
  const [bound, message] of [[{ maxPages: 40 }, "database or disk is full"], [
    { maxLogBytes: 400_000 },
    "is full",
  ]] as const
) {
  Deno.test(`disk: a full disk is an error with its reason, changes nothing, and ends the storage: ${Object.keys(bound)}`, () =>
    withDir((dir) => {
      fill(dir);
      const storage = openDiskStorage({ ...optionsIn(dir), ...bound });
      const log = growUntilFull(storage, message);
      storage.close();
      const reopened = open(dir);
      assertEquals(reopened.load().entries, log);
      reopened.commit([fx.append(fx.grow(fx.endOf(log), 20, 4))], []);
      reopened.close();
    }));
}

Deno.test("disk: a directory that cannot be one is an error that names it", () =>
  withDir((dir) => {
    Deno.writeTextFileSync(`${dir}/file`, "");
    const error = assertThrows(() => open(`${dir}/file/data`), StorageError, "Could not open");
    assertStringIncludes(error.message, `${dir}/file/data`);
  }));

/** Returns whether this user can write into read-only directories, as root can. */
function writesAnywhere(): boolean {
  const dir = Deno.makeTempDirSync({ prefix: "storage-sqlite-" });
  try {
    Deno.chmodSync(dir, 0o500);
    Deno.writeTextFileSync(`${dir}/probe`, "");
    return true;
  } catch {
    return false;
  } finally {
    Deno.chmodSync(dir, 0o700);
    Deno.removeSync(dir, { recursive: true });
  }
}

Deno.test({
  name: "disk: a read-only directory is an error that names it",
  ignore: writesAnywhere(),
  fn: () =>
    withDir((dir) => {
      fill(dir);
      Deno.chmodSync(`${dir}/replica.db`, 0o400);
      Deno.chmodSync(dir, 0o500);
      try {
        assertStringIncludes(assertThrows(() => open(dir), StorageError).message, dir);
      } finally {
        Deno.chmodSync(dir, 0o700);
      }
    }),
});

Deno.test("disk: a creation that was cut short is taken up again, a vanished database is not made anew", () =>
  withDir((dir) => {
    Deno.writeTextFileSync(`${dir}/replica.db.new`, "");
    fill(dir);
    Deno.renameSync(`${dir}/replica.db`, `${dir}/elsewhere`);
    assertThrows(() => open(dir), StorageError, "replica.known without replica.db");
    Deno.removeSync(`${dir}/replica.known`);
    assertThrows(() => open(dir), StorageError, "replica.log-0000000001 without replica.db");
    Deno.writeTextFileSync(`${dir}/replica.db-wal`, "left over");
    assertThrows(() => open(dir), StorageError, "replica.db-wal without replica.db");
    Deno.removeSync(`${dir}/replica.db-wal`);
    Deno.writeTextFileSync(`${dir}/replica.db`, "");
    assertThrows(() => open(dir), StorageError, "lost its content");
  }));

Deno.test("⚠ disk: whenever the making of a disk is cut short, the next start makes it", () => {
  let deaths = 0;
  for (let at = 0;; at++) {
    let died = false;
    withDir((dir) => {
      died = dyingAt(at, () => open(dir).close());
      const storage = open(dir);
      assertEquals(storage.load(), EMPTY_RECOVERED);
      storage.commit([fx.hardState(1)], []);
      storage.close();
      const again = open(dir);
      assertEquals(again.load().hardState.currentTerm as number, 1);
      again.close();
    });
    if (!died) break;
    deaths++;
  }
  assert(deaths >= 8, `it died ${deaths} times`);
});

/** Damage that leaves a sound SQLite file, and the error it must cause. */
const DAMAGES: readonly Damage[] = [
  ...DATABASE_DAMAGES,
  ["a lost log", "DELETE FROM meta WHERE name = 'disk.log'", "does not say which log"],
  [
    "another log's id",
    "UPDATE meta SET value = '0011223344556677', checksum = x'00' WHERE name = 'disk.log'",
    "checksum of the value of disk.log",
  ],
];

for (const damage of DAMAGES) {
  Deno.test(`disk: a disk with ${damage[0]} is refused with what is wrong and the way on`, () =>
    assertRefused(fill, damage));
}

Deno.test("disk: a file cut in half, or of something else, is refused", () =>
  withDir((dir) => {
    fill(dir);
    const bytes = Deno.readFileSync(`${dir}/replica.db`);
    for (const content of [bytes.slice(0, bytes.length / 2), new Uint8Array(9000).fill(65)]) {
      Deno.writeFileSync(`${dir}/replica.db`, content);
      const error = assertThrows(() => open(dir), StorageError);
      assertStringIncludes(error.message, "rejoin as a new replica");
    }
  }));
