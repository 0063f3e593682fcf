/** Conditions that only a real disk has: another owner, a second opening, no space left, damage. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { replicaId } from "../../../../protocol/ids.ts";
import type { Recovered } from "../../../../replica/core/log/durable_state.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import * as fx from "../storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 6, 2);
const SNAPSHOT = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 20_000));
/** A chunk that belongs to no snapshot yet. */
const LOOSE = fx.chunk("loose");
const BRANCH = fx.grow(fx.endOf(LOG.slice(0, 4)), 3, 3, "branch");

const open = (dir: string, maxPages?: number): Storage =>
  openDiskStorage({
    dir,
    clusterId: fx.CLUSTER,
    replica: fx.REPLICA,
    ...(maxPages === undefined ? {} : { maxPages }),
  });

/** Runs `body` with a fresh directory. */
function withDir(body: (dir: string) => void): void {
  const dir = Deno.makeTempDirSync({ prefix: "storage-sqlite-" });
  try {
    body(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Fills a disk with something of every kind and returns what a restart finds there. */
function fill(dir: string): Recovered {
  const storage = open(dir);
  storage.commit([
    fx.hardState(4, { vote: { candidate: replicaId("r2"), base: fx.vote(4, "r2").base }, ack: fx.endOf(LOG) }),
    fx.append(LOG),
    fx.prepared(3, fx.endOf(BRANCH), BRANCH),
    fx.commit(2, fx.endOf(LOG.slice(0, 3))),
    { op: "evidence", evidence: fx.evidence("r4") },
    fx.chunks([...SNAPSHOT.chunks, LOOSE]),
    fx.checkpoint(fx.checkpointProof(2, fx.endOf(LOG.slice(0, 2)), SNAPSHOT.stateDigest)),
    fx.compact(fx.endOf(LOG.slice(0, 1))),
    fx.transfer(fx.checkpointProof(2, fx.endOf(LOG), LOOSE.digest)),
  ], [fx.voting(fx.vote(4, "r2")), fx.acks(4, fx.endOf(LOG))]);
  storage.close();
  const reopened = open(dir);
  const recovered = reopened.load();
  reopened.close();
  return recovered;
}

Deno.test("sqlite: a disk of another cluster or replica is refused by name", () =>
  withDir((dir) => {
    open(dir).close();
    const foreign = { dir, clusterId: "other", replica: fx.REPLICA };
    const error = assertThrows(() => openDiskStorage(foreign), StorageError);
    assertStringIncludes(error.message, `This disk belongs to cluster ${fx.CLUSTER} replica r1`);
    assertThrows(
      () => openDiskStorage({ dir, clusterId: fx.CLUSTER, replica: replicaId("r2") }),
      StorageError,
      "This disk belongs to cluster contract-cluster replica r1",
    );
    open(dir).close();
  }));

Deno.test("sqlite: a second open of one directory is refused, and leaves the first unharmed", () =>
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

Deno.test("sqlite: a full disk is an error with SQLite's reason, changes nothing, and ends the storage", () =>
  withDir((dir) => {
    fill(dir);
    const storage = open(dir, 80);
    let log = LOG.slice(1);
    const grow = () => {
      for (let i = 0; i < 1000; i++) {
        const more = fx.grow(fx.endOf(log), 20, 4);
        storage.commit([fx.append(more)], []);
        log = [...log, ...more];
      }
    };
    assertThrows(grow, StorageError, "database or disk is full");
    assertThrows(() => storage.commit([fx.hardState(9)], []), StorageError, "failed before");
    storage.close();
    const reopened = open(dir);
    assertEquals(reopened.load().entries, log);
    reopened.commit([fx.append(fx.grow(fx.endOf(log), 20, 4))], []);
    reopened.close();
  }));

Deno.test("sqlite: a directory that cannot be one is an error that names it", () =>
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
  name: "sqlite: a read-only directory is an error that names it",
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

Deno.test("sqlite: a creation that was cut short is taken up again, a vanished database is not made anew", () =>
  withDir((dir) => {
    Deno.writeTextFileSync(`${dir}/replica.db.new`, "");
    fill(dir);
    Deno.renameSync(`${dir}/replica.db`, `${dir}/elsewhere`);
    assertThrows(() => open(dir), StorageError, "replica.known without replica.db");
    Deno.writeTextFileSync(`${dir}/replica.db-wal`, "left over");
    assertThrows(() => open(dir), StorageError, "replica.db-wal without replica.db");
    Deno.removeSync(`${dir}/replica.db-wal`);
    Deno.writeTextFileSync(`${dir}/replica.db`, "");
    assertThrows(() => open(dir), StorageError, "lost its content");
  }));

/** Damage that leaves a sound SQLite file, and the error it must cause. */
const DAMAGES: [string, string, string][] = [
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
  ["a lost head of its snapshot", `DELETE FROM chunks WHERE digest = x'${SNAPSHOT.stateDigest}'`, "head, "],
  [
    "a lost list of its snapshot",
    `DELETE FROM chunks WHERE digest = x'${SNAPSHOT.chunks[2]!.digest}'`,
    "list 0",
  ],
  [
    "a lost chunk of its snapshot",
    `DELETE FROM chunks WHERE digest = x'${SNAPSHOT.chunks[1]!.digest}'`,
    `Chunk ${SNAPSHOT.chunks[1]!.digest}`,
  ],
  [
    "a changed list of its snapshot",
    `UPDATE chunks SET body = x'00' WHERE digest = x'${SNAPSHOT.chunks[2]!.digest}'`,
    "is not what was written",
  ],
  [
    "a changed owner",
    "UPDATE meta SET value = 'r2' WHERE name = 'disk.replica'",
    "checksum of the value of disk.replica",
  ],
  ["changed evidence", "UPDATE evidence SET body = x'01'", "checksum of piece 1 of evidence"],
  ["another program's file", "PRAGMA application_id = 7", "not a replica's database"],
];

for (const [what, sql, message] of DAMAGES) {
  Deno.test(`sqlite: a disk with ${what} is refused with what is wrong and the way on`, () =>
    withDir((dir) => {
      fill(dir);
      const db = new DatabaseSync(`${dir}/replica.db`);
      db.exec(sql);
      db.close();
      const error = assertThrows(() => open(dir), StorageError, message);
      assertStringIncludes(error.message, "replica --recover");
      assertStringIncludes(error.message, "rejoin as a new replica");
      assert(error.damaged);
      // A refusal must not hold the lock or repair anything.
      assertThrows(() => open(dir), StorageError, message);
    }));
}

Deno.test("sqlite: a file cut in half, or of something else, is refused", () =>
  withDir((dir) => {
    fill(dir);
    const bytes = Deno.readFileSync(`${dir}/replica.db`);
    for (const content of [bytes.slice(0, bytes.length / 2), new Uint8Array(9000).fill(65)]) {
      Deno.writeFileSync(`${dir}/replica.db`, content);
      const error = assertThrows(() => open(dir), StorageError);
      assertStringIncludes(error.message, "rejoin as a new replica");
    }
  }));
