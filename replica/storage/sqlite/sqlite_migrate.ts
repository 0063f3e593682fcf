/** Migration of a database of an earlier version to this one, in place and in one transaction. */
import type { DatabaseSync } from "node:sqlite";
import { checksum, type Column, text, verifyChecksum } from "./sqlite_row.ts";
import { ADDED_IN_2 } from "./sqlite_schema.ts";
import { GUARD_COLUMNS, HARD_STATE_COLUMNS, Statements } from "./sqlite_statements.ts";
import { damaged } from "../damage.ts";

/** Columns that the checksums covered in version 1. */
const HARD_STATE_COLUMNS_1 = HARD_STATE_COLUMNS.slice(0, 8);
const GUARD_COLUMNS_1 = GUARD_COLUMNS.slice(0, 5);

/**
 * Migrates from version 1 to 2, which only adds. Checksums are recomputed over the columns of version 2 after they were verified over those
 * of version 1. Throws {@linkcode StorageError} if they were wrong; then nothing has changed.
 */
export function migrateFrom1(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec(ADDED_IN_2);
    // Version 1 did not write down which terms PreVotes were signed for (§6.3); of its own accord a replica signs for the next one.
    db.exec("UPDATE hard_state SET pre_voted = current_term + 1 WHERE current_term > 0");
    reseal(db, "hard_state", HARD_STATE_COLUMNS_1, HARD_STATE_COLUMNS, "the hard state");
    reseal(db, "guard", GUARD_COLUMNS_1, GUARD_COLUMNS, "the last-signed guard");
    const statements = new Statements(db);
    statements.putBase(null);
    for (const row of db.prepare("SELECT name, value FROM meta").all()) {
      statements.putMeta(text(row, "name"), text(row, "value"));
    }
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function reseal(
  db: DatabaseSync,
  table: string,
  before: readonly string[],
  now: readonly string[],
  what: string,
): void {
  const row = db.prepare(`SELECT * FROM ${table} WHERE id = 1`).get();
  if (row === undefined) throw damaged(`The record of ${what} is missing`);
  verifyChecksum(row, before, what);
  db.prepare(`UPDATE ${table} SET checksum = ?`).run(checksum(now.map((name) => row[name] as Column)));
}
