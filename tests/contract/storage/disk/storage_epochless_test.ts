/** The way up from the version before epochs: all that is there is of the first, whatever is cut short, and damage is refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { GuardError, StorageError } from "../../../../replica/storage/port.ts";
import { SCHEMA_VERSION } from "../../../../replica/storage/sqlite/sqlite_schema.ts";
import { readStoredEvidence } from "../../../../replica/storage/sqlite/stored_evidence.ts";
import * as fx from "../storage_fixtures.ts";
import { assertRefused, DATABASE_DAMAGES } from "./database_damage.ts";
import { fillEpochless } from "./epochless_database.ts";
import { dyingAt } from "./file_spy.ts";
import { earlierDisk, LOG, SNAPSHOT } from "./filled_disk.ts";
import { contentIn, copyDir, openIn, withDir } from "./storage_disk_lab.ts";

for (const damage of DATABASE_DAMAGES) {
  Deno.test(`epochless: a database with ${damage[0]} is refused with what is wrong and the way on`, () =>
    assertRefused(fillEpochless, damage));
}

/** Asserts that `dir` holds what that version left there. */
function assertWhole(dir: string): void {
  const { recovered, chunks, meta } = earlierDisk();
  const content = contentIn(dir);
  assertEquals(content.recovered, recovered);
  assertEquals(content.chunks.map(([digest]) => digest), chunks.map(({ digest }) => digest).toSorted());
  assertEquals(content.meta, meta["user.last-active"]);
}

/** Returns the version in the header of the database, which a program of the version before judges it by. */
const headerOf = (dir: string) => new DataView(Deno.readFileSync(`${dir}/replica.db`).buffer).getUint32(60);

for (const killed of [false, true]) {
  Deno.test(`epochless: a disk that was ${killed ? "killed" : "stopped"} is brought up once, whole, and begins the next epoch`, () =>
    withDir((dir) => {
      fillEpochless(dir, killed);
      assertEquals(headerOf(dir), 4);
      for (let i = 0; i < 3; i++) assertWhole(dir);
      assertEquals(headerOf(dir), SCHEMA_VERSION);
      const storage = openIn(dir);
      assertThrows(() => storage.commit([], [fx.voting(fx.vote(4, "r3"))]), GuardError, "other bytes");
      assertEquals(storage.epochs.list(), []);
      storage.epochs.put(1, Uint8Array.of(1), Uint8Array.of(2));
      const genesis = fx.genesisAfter(fx.endOf(LOG.slice(0, 3)), SNAPSHOT.stateDigest);
      storage.commit([fx.beginEpoch(genesis, true)], []);
      storage.commit([{ op: "evidence", evidence: fx.evidence("r2") }], []);
      storage.close();
      assertEquals(contentIn(dir).recovered.evidence, [fx.evidence("r2")]);
      assertEquals(readStoredEvidence(dir).evidence, [
        { epoch: 1, evidence: fx.evidence("r4") },
        { epoch: 2, evidence: fx.evidence("r2") },
      ]);
    }));
}

Deno.test("epochless: its evidence is read without bringing it up", () =>
  withDir((dir) => {
    fillEpochless(dir);
    assertEquals(readStoredEvidence(dir).evidence, [{ epoch: 1, evidence: fx.evidence("r4") }]);
    assertEquals(headerOf(dir), 4);
  }));

Deno.test("⚠ epochless: whenever it is cut short, the next start finds all that was there", () => {
  let deaths = 0;
  for (let at = 0;; at++) {
    let died = false;
    withDir((dir) => {
      fillEpochless(dir, true);
      died = dyingAt(at, () => openIn(dir).close());
      assertWhole(dir);
    });
    if (!died) break;
    deaths++;
  }
  assert(deaths >= 5, `it died ${deaths} times`);
});

Deno.test("⚠ epochless: cut short within the database's own transaction, the next start finds all that was there", () => {
  for (const sql of ["DROP TABLE evidence", "COMMIT"]) {
    for (const point of ["before", "after"]) {
      withDir((dir) => {
        fillEpochless(dir, true);
        const { exec } = DatabaseSync.prototype;
        DatabaseSync.prototype.exec = function (given) {
          if (!given.includes(sql) || given.includes("EXCLUSIVE")) return exec.call(this, given);
          if (point === "after") exec.call(this, given);
          copyDir(dir, `${dir}/cut`);
          throw new Error("died");
        };
        try {
          assertThrows(() => openIn(dir), Error, "died");
        } finally {
          DatabaseSync.prototype.exec = exec;
        }
        assertWhole(dir);
        assertWhole(`${dir}/cut`);
      });
    }
  }
});

Deno.test("epochless: one whose tail was lost before it is brought up is refused, as it was then", () =>
  withDir((dir) => {
    fillEpochless(dir);
    const log = `${dir}/replica.log-0000000001`;
    const older = Deno.readFileSync(log);
    withDir((other) => {
      copyDir(dir, other);
      const storage = openIn(other);
      storage.commit([fx.hardState(9)], []);
      storage.close();
      Deno.copyFileSync(`${other}/replica.known`, `${dir}/replica.known`);
    });
    assertThrows(() => openIn(dir), StorageError, "it holds term 4, and had held term 9");
    assertEquals(Deno.readFileSync(log), older);
  }));
