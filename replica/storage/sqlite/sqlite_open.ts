/** Opening or creating `replica.db` in a data directory, exclusively, and checking its owner. */
import { DatabaseSync } from "node:sqlite";
import type { HardState } from "../../core/log/durable_state.ts";
import { damaged } from "../damage.ts";
import { EMPTY_HARD_STATE } from "../empty.ts";
import { NOTHING_SIGNED } from "../guard.ts";
import { StorageError } from "../port.ts";
import { openingError } from "./sqlite_errors.ts";
import { text, verifyChecksum } from "./sqlite_row.ts";
import { APPLICATION_ID, PRAGMAS, TABLES } from "./sqlite_schema.ts";
import { Statements } from "./sqlite_statements.ts";
import { refuseOtherVersion } from "./sqlite_version.ts";

/** The owner of a disk. */
export interface DiskOwner {
  readonly dir: string;
  readonly clusterId: string;
  readonly replica: string;
}

/** Name of the database in its directory. */
export const FILE = "replica.db";
/** Name of the file that records what was durable last. */
export const KNOWN_FILE = "replica.known";
/** Prefix of the names of databases that recoveries have set aside. */
export const ASIDE = "replica.db.before-recovery-";
/** Name of a database being created; it is renamed once it is complete, so `replica.db` is never found half made. */
const NEW_FILE = "replica.db.new";
/** Name of the meta value that gives the reason why no replica may start on the disk any more. */
export const OUTDATED = "disk.outdated";
const PROBE = "disk.probe";
/** Room a disk must have before it is used again: enough for several batches, not for one row. */
const PROBE_BYTES = 1024 * 1024;

/**
 * Returns the open database, locked for this process alone. Throws `ConfigError` if it is of another version, {@linkcode StorageError} naming
 * the directory and what is wrong otherwise.
 */
export function openDatabase(owner: DiskOwner): DatabaseSync {
  try {
    Deno.mkdirSync(owner.dir, { recursive: true, mode: 0o700 });
    if (!exists(`${owner.dir}/${FILE}`)) createDatabase(owner);
    refuseOtherVersion(`${owner.dir}/${FILE}`);
    syncLeftLog(owner);
    return connect(owner, FILE, verifyDatabase);
  } catch (error) {
    throw openingError(error, owner.dir, "open");
  }
}

/**
 * Opens the database of a running replica again, after its disk had refused. It is never created anew: if it is missing, so is the disk,
 * and a replica that went on without it would have forgotten what it signed. A durable write shows that the disk accepts again. Throws as
 * {@linkcode openDatabase} does.
 */
export function reopenDatabase(owner: DiskOwner, prepare: (db: DatabaseSync) => void): DatabaseSync {
  try {
    if (!exists(`${owner.dir}/${FILE}`)) {
      throw new StorageError(`${owner.dir}/${FILE} is gone: the disk it was on is wanted back`, { refused: true });
    }
    refuseOtherVersion(`${owner.dir}/${FILE}`);
    return connect(owner, FILE, (db) => {
      verifyOwner(db, owner);
      prepare(db);
      probe(db);
      verifyIntact(db, owner);
    });
  } catch (error) {
    throw openingError(error, owner.dir, "reopen");
  }
}

/**
 * Throws unless the disk takes some data durably. The checkpoint writes the whole log that SQLite keeps beside the database into it: after
 * a failed fsync the system may regard pages as written that are not, and only data that is written again is certain.
 */
function probe(db: DatabaseSync): void {
  const write = (sql: string, ...values: string[]) => db.prepare(sql).run(...values);
  write(`INSERT OR REPLACE INTO meta (name, value) VALUES ('${PROBE}', ?)`, "0".repeat(PROBE_BYTES));
  write(`DELETE FROM meta WHERE name = '${PROBE}'`);
  if (db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0) {
    throw new StorageError("The database could not be checkpointed: another process reads it", { refused: true });
  }
}

function createDatabase(owner: DiskOwner): void {
  const found = [`${FILE}-wal`, KNOWN_FILE].find((name) => exists(`${owner.dir}/${name}`));
  if (found !== undefined) throw damaged(`${owner.dir} holds ${found} without ${FILE}: the database is lost`);
  const aside = [...Deno.readDirSync(owner.dir)].find(({ name }) => name.startsWith(ASIDE));
  if (aside !== undefined && !exists(`${owner.dir}/${NEW_FILE}`)) {
    throw damaged(`${owner.dir} holds ${aside.name} without ${FILE}: the database is lost`);
  }
  prepareDatabase(owner, EMPTY_HARD_STATE);
  installDatabase(owner);
}

/** Creates a complete database under a temporary name, unless a creation cut short after its commit has done so already. */
export function prepareDatabase(owner: DiskOwner, hardState: HardState): void {
  connect(owner, NEW_FILE, (db) => createTables(db, owner, hardState)).close();
}

/** Removes a database that was prepared and never installed. */
export function discardPrepared({ dir }: DiskOwner): void {
  for (const suffix of ["", "-wal", "-shm"]) {
    if (exists(`${dir}/${NEW_FILE}${suffix}`)) Deno.removeSync(`${dir}/${NEW_FILE}${suffix}`);
  }
}

/** Renames the prepared database to its final name, durably. */
export function installDatabase({ dir }: DiskOwner): void {
  Deno.renameSync(`${dir}/${NEW_FILE}`, `${dir}/${FILE}`);
  syncDirectory(dir);
}

function connect(owner: DiskOwner, file: string, use: (db: DatabaseSync, owner: DiskOwner) => void): DatabaseSync {
  const db = new DatabaseSync(`${owner.dir}/${file}`);
  try {
    for (const pragma of PRAGMAS) db.exec(pragma);
    use(db, owner);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function createTables(db: DatabaseSync, owner: DiskOwner, hardState: HardState): void {
  if (pragmaNumber(db, "user_version") !== 0) return;
  db.exec(`BEGIN IMMEDIATE; ${TABLES}`);
  const statements = new Statements(db);
  statements.putMeta("disk.cluster", owner.clusterId);
  statements.putMeta("disk.replica", owner.replica);
  // These rows exist from the beginning, so that their absence is damage and not an empty disk.
  statements.putHardState(hardState);
  statements.putGuard(NOTHING_SIGNED);
  statements.putBase(null);
  db.exec("COMMIT");
}

function verifyDatabase(db: DatabaseSync, owner: DiskOwner): void {
  verifyOwner(db, owner);
  verifyIntact(db, owner);
}

/** Throws unless it is this replica's database, and not out of date. */
function verifyOwner(db: DatabaseSync, owner: DiskOwner): void {
  if (pragmaNumber(db, "application_id") !== APPLICATION_ID) {
    throw damaged(`${owner.dir}/${FILE} is not a replica's database, or lost its content`);
  }
  verifyMeta(db);
  const cluster = metaValue(db, "disk.cluster");
  const replica = metaValue(db, "disk.replica");
  if (cluster !== owner.clusterId || replica !== owner.replica) {
    throw new StorageError(
      `This disk belongs to cluster ${cluster} replica ${replica}: ${owner.dir} was opened as cluster ` +
        `${owner.clusterId} replica ${owner.replica}`,
    );
  }
  const outdated = metaValue(db, OUTDATED);
  if (outdated !== undefined) throw damaged(`${owner.dir} must not be used any more: ${outdated}`);
}

/** Verifies all meta values except the probe's own, which a probe cut short may have left and nothing reads. */
function verifyMeta(db: DatabaseSync): void {
  for (const row of db.prepare("SELECT * FROM meta WHERE name <> ?").all(PROBE)) {
    verifyChecksum(row, ["name", "value"], `the value of ${text(row, "name")}`);
  }
}

/** Throws unless SQLite finds the file sound. */
function verifyIntact(db: DatabaseSync, owner: DiskOwner): void {
  const check = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (check !== "ok") throw damaged(`The database in ${owner.dir} is damaged: ${check}`);
}

const pragmaNumber = (db: DatabaseSync, name: string): unknown => db.prepare(`PRAGMA ${name}`).get()?.[name];

/** Returns a value of the table of named values; undefined if it has none of that name. */
export const metaValue = (db: DatabaseSync, name: string): unknown =>
  db.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.["value"];

/** Returns whether there is anything at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Makes durable what a killed process left in the log beside the database: SQLite reads it from there, and what it reads may be signed again
 * without another write.
 */
function syncLeftLog({ dir }: DiskOwner): void {
  if (!exists(`${dir}/${FILE}-wal`)) return;
  using file = Deno.openSync(`${dir}/${FILE}-wal`, { read: true, write: true });
  file.syncSync();
  syncDirectory(dir);
}

/** Makes a rename durable; without it a crash could leave the directory without its database. */
export function syncDirectory(dir: string): void {
  using file = Deno.openSync(dir, { read: true });
  file.syncSync();
}
