/** The way up from the version before, whose database held everything: nothing is lost, whatever is cut short, and damage is refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { term } from "../../../../protocol/ids.ts";
import { EMPTY_RECOVERED } from "../../../../replica/storage/empty.ts";
import { NOTHING_SIGNED } from "../../../../replica/storage/guard.ts";
import { GuardError, StorageError } from "../../../../replica/storage/port.ts";
import { SCHEMA_VERSION } from "../../../../replica/storage/sqlite/sqlite_schema.ts";
import * as fx from "../storage_fixtures.ts";
import { assertRefused, type Damage, DATABASE_DAMAGES } from "./database_damage.ts";
import { writeEarlier } from "./earlier_database.ts";
import { dyingAt } from "./file_spy.ts";
import { earlierDisk, fillEarlier, LOG } from "./filled_disk.ts";
import { contentIn, copyDir, openIn as open, SEGMENT, withDir } from "./storage_disk_lab.ts";

/** Damage that leaves a sound SQLite file, and the error it must cause. */
const DAMAGES: readonly Damage[] = [
  ["a changed body", "UPDATE entries SET body = zeroblob(2) WHERE idx = 3", "hash chain of the log breaks at index 3"],
  ["a malformed body", "UPDATE entries SET body = x'0007' WHERE idx = 3", "Entry 3 of entries is no well-formed list"],
  ["a changed term", "UPDATE entries SET term = 1 WHERE idx = 2", "hash chain of the log breaks at index 2"],
  [
    "a changed hash",
    "UPDATE entries SET hash = randomblob(32) WHERE idx = 6",
    "hash chain of the log breaks at index 6",
  ],
  ["a short hash", "UPDATE entries SET hash = x'00' WHERE idx = 6", "digest of 32 bytes"],
  ["a missing entry", "DELETE FROM entries WHERE idx = 3", "gap: entry 4 follows entry 2"],
  ["a missing first entry", "DELETE FROM entries WHERE idx = 2", "gap: entry 3 follows entry 1"],
  ["falling terms", "UPDATE entries SET term = 1 WHERE idx = 6", "entry 6 of term 1 follows term 2"],
  ["a lost tail below the ack", "DELETE FROM entries WHERE idx = 6", "holds nothing at index 6"],
  [
    "a lost tail below the commit index",
    "DELETE FROM branch; DELETE FROM entries WHERE idx > 2",
    "commit index is 3 but the log ends at 2",
  ],
  ["a branch off the log", "DELETE FROM branch WHERE idx = 5", "hash chain of the prepared branch breaks at index 6"],
  ["a branch cut short", "DELETE FROM branch WHERE idx = 7", "branch ends at index 6"],
  ["a lost branch", "DELETE FROM branch", "neither on the log nor on the branch"],
  ["a changed hard state", "UPDATE hard_state SET current_term = 3", "checksum of the hard state"],
  ["a forgotten vote", "UPDATE hard_state SET vote_candidate = NULL", "checksum of the hard state"],
  ["a lost hard state", "DELETE FROM hard_state", "hard state is missing"],
  ["a changed guard", "UPDATE guard SET vote_term = 3", "checksum of the last-signed guard"],
  ["a lost guard", "DELETE FROM guard", "record of the last-signed guard is missing"],
  [
    "a changed certificate",
    "UPDATE certificates SET idx = 2 WHERE kind = 'commit'",
    "checksum of the commit certificate",
  ],
  [
    "a changed proof",
    "UPDATE certificates SET body = x'01' WHERE kind = 'prepared'",
    "checksum of the prepared certificate",
  ],
  ["a changed base", "UPDATE log_base SET idx = 2", "checksum of the log's base"],
  ["a lost base", "DELETE FROM log_base", "base of the log is missing"],
  [
    "a changed checkpoint",
    "UPDATE proofs SET body = x'01' WHERE kind = 'checkpoint'",
    "checksum of the checkpoint's proof",
  ],
  ["a lost checkpoint", "DELETE FROM proofs WHERE kind = 'checkpoint'", "no checkpoint to start from"],
  ["a changed transfer", "UPDATE proofs SET body = x'01' WHERE kind = 'transfer'", "checksum of the transfer's proof"],
  ...DATABASE_DAMAGES,
];

for (const damage of DAMAGES) {
  Deno.test(`earlier: a database with ${damage[0]} is refused with what is wrong and the way on`, () =>
    assertRefused(fillEarlier, damage));
}

/** Returns what is wrong with `dir`, null if it holds what the version before left there, and takes more. */
function faultOf(dir: string): string | null {
  const { recovered, chunks, meta } = earlierDisk();
  const content = contentIn(dir);
  assertEquals(content.recovered, recovered);
  assertEquals(content.chunks.map(([digest]) => digest), chunks.map(({ digest }) => digest).toSorted());
  assertEquals(content.meta, meta["user.last-active"]);
  return null;
}

/** Returns the version in the header of the database, which a program of the version before judges it by. */
const headerOf = (dir: string) => new DataView(Deno.readFileSync(`${dir}/replica.db`).buffer).getUint32(60);

for (const killed of [false, true]) {
  Deno.test(`earlier: a disk that was ${killed ? "killed" : "stopped"} is moved over once, whole, and has signed what it had`, () =>
    withDir((dir) => {
      fillEarlier(dir, killed);
      for (let i = 0; i < 3; i++) assertEquals(faultOf(dir), null);
      assertEquals(headerOf(dir), SCHEMA_VERSION);
      const storage = open(dir);
      const other = fx.vote(4, "r3");
      assertThrows(() => storage.commit([], [fx.voting(other)]), GuardError, "other bytes");
      assertThrows(() => storage.commit([], [fx.acks(3)]), GuardError, "nothing below term 4");
      storage.commit([], [fx.voting(fx.vote(4, "r2")), fx.acks(4, fx.endOf(LOG))]);
      const more = fx.grow(fx.endOf(LOG), 3, 4);
      storage.commit([fx.append(more)], []);
      storage.close();
      assertEquals(contentIn(dir).recovered.entries, [...LOG.slice(1), ...more]);
    }));
}

Deno.test("earlier: a fresh disk, and one with a long log, are moved over", () =>
  withDir((dir) => {
    const { recovered, ...rest } = earlierDisk();
    const log = fx.grow(fx.GENESIS, 40_000, 2);
    const { branch: _b, prepared: _p, ...small } = recovered;
    const long = { ...small, base: null, entries: log, branch: [], prepared: null, checkpoint: null, transfer: null };
    const guard = { ...rest.guard, ack: fx.endOf(log) };
    const hardState = { ...recovered.hardState, ack: fx.endOf(log) };
    writeEarlier(`${dir}/long`, { ...rest, guard, recovered: { ...long, hardState } }, false);
    assertEquals(contentIn(`${dir}/long`).recovered, { ...long, hardState });
    const nothing = { recovered: EMPTY_RECOVERED, guard: NOTHING_SIGNED, chunks: [], meta: {} };
    writeEarlier(`${dir}/fresh`, nothing, true);
    assertEquals(contentIn(`${dir}/fresh`).recovered, EMPTY_RECOVERED);
  }));

Deno.test("⚠ earlier: whenever moving over is cut short, the next start finds all that was there", () => {
  let deaths = 0;
  for (let at = 0;; at++) {
    let died = false;
    withDir((dir) => {
      fillEarlier(dir, true);
      died = dyingAt(at, () => open(dir).close());
      assertEquals(faultOf(dir), null);
    });
    if (!died) break;
    deaths++;
  }
  assert(deaths >= 8, `it died ${deaths} times`);
});

Deno.test("⚠ earlier: cut short within the database's own transaction, the next start finds all that was there", () => {
  for (const point of ["before", "after"]) {
    withDir((dir) => {
      fillEarlier(dir, true);
      const { exec } = DatabaseSync.prototype;
      DatabaseSync.prototype.exec = function (sql) {
        if (!sql.includes("DROP TABLE hard_state")) return exec.call(this, sql);
        if (point === "after") exec.call(this, sql);
        copyDir(dir, `${dir}/cut`);
        throw new Error("died");
      };
      try {
        assertThrows(() => open(dir), Error, "died");
      } finally {
        DatabaseSync.prototype.exec = exec;
      }
      assertEquals(faultOf(dir), null);
      assertEquals(faultOf(`${dir}/cut`), null);
      assertEquals([headerOf(dir), headerOf(`${dir}/cut`)], [SCHEMA_VERSION, SCHEMA_VERSION]);
    });
  }
});

Deno.test("⚠ earlier: a copy of the database from before it was moved over is refused, beside its log and without it", () =>
  withDir((dir) => {
    fillEarlier(dir);
    Deno.copyFileSync(`${dir}/replica.db`, `${dir}/copy`);
    const storage = open(dir);
    storage.commit([fx.hardState(9)], []);
    storage.close();
    Deno.renameSync(`${dir}/copy`, `${dir}/replica.db`);
    assert(assertThrows(() => open(dir), StorageError, "older copy").damaged);
    Deno.removeSync(`${dir}/${SEGMENT}`);
    assert(assertThrows(() => open(dir), StorageError, "is older than it was").damaged);
  }));

Deno.test("earlier: one whose tail was lost before it is moved over is refused, as it was then", () =>
  withDir((dir) => {
    fillEarlier(dir);
    const disk = earlierDisk();
    const hardState = { ...disk.recovered.hardState, preVoted: term(7) };
    withDir((other) => {
      writeEarlier(other, { ...disk, recovered: { ...disk.recovered, hardState } }, false);
      Deno.copyFileSync(`${other}/replica.known`, `${dir}/replica.known`);
    });
    assertThrows(() => open(dir), StorageError, "it holds term of a PreVote 0, and had held term of a PreVote 7");
    assertEquals(headerOf(dir), 3, "it was changed");
  }));
