/** Damage that leaves a sound SQLite file: what it is, how it is done, and that it is refused. */
import { assert, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../../../../replica/storage/port.ts";
import { SNAPSHOT } from "./filled_disk.ts";
import { openIn, withDir } from "./storage_disk_lab.ts";

/** Damage, the statements that do it, and what the error must say. */
export type Damage = readonly [what: string, sql: string, message: string];

/** Damage to what the database holds with and without the log beside it, that leaves a sound SQLite file, and the error it must cause. */
export const DATABASE_DAMAGES: readonly Damage[] = [
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

/** Asserts that a directory filled by `fill` and damaged so is refused, with what is wrong and the way on, and again after that. */
export const assertRefused = (fill: (dir: string) => void, [, sql, message]: Damage): void =>
  withDir((dir) => {
    fill(dir);
    const db = new DatabaseSync(`${dir}/replica.db`);
    db.exec(sql);
    db.close();
    const error = assertThrows(() => openIn(dir), StorageError, message);
    assertStringIncludes(error.message, "replica --recover");
    assertStringIncludes(error.message, "rejoin as a new replica");
    assert(error.damaged);
    // A refusal must not hold the lock or repair anything.
    assertThrows(() => openIn(dir), StorageError, message);
  });
