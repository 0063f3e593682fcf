/** Opening or creating `replica.db` in a data directory, exclusively, and checking its owner. */
import { DatabaseSync } from "node:sqlite";
import { damaged } from "../damage.ts";
import { exists, syncDirectory } from "../files.ts";
import { StorageError } from "../port.ts";
import { NamedValues } from "./sqlite_database.ts";
import { text, verifyChecksum } from "./sqlite_row.ts";
import { APPLICATION_ID, PRAGMAS, TABLES } from "./sqlite_schema.ts";

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
export const NEW_FILE = "replica.db.new";
/** Name of the meta value that gives the reason why no replica may start on the disk any more. */
export const OUTDATED = "disk.outdated";
/** Name of the meta value that is the id of the log beside the database. */
const LOG = "disk.log";
const PROBE = "disk.probe";
/** Room a disk must have before it is used again: enough for several batches, not for one row. */
const PROBE_BYTES = 1024 * 1024;

/** Returns the database of a disk, locked for this process alone. Throws StorageError if it is not sound, or another replica's. */
export function openDatabase(owner: DiskOwner): DatabaseSync {
  syncLeftLog(owner);
  return connect(owner, FILE, (db) => {
    verifyOwner(db, owner);
    verifyIntact(db, owner);
  });
}

/** Returns it after its disk had refused. A durable write shows that the disk accepts again. Throws as {@linkcode openDatabase} does. */
export function reopenDatabase(owner: DiskOwner, prepare: (db: DatabaseSync) => void): DatabaseSync {
  return connect(owner, FILE, (db) => {
    verifyOwner(db, owner);
    prepare(db);
    probe(db);
    verifyIntact(db, owner);
  });
}

/** Returns the id of the log beside the database. */
export function logOf(db: DatabaseSync): string {
  const id = metaValue(db, LOG);
  if (typeof id !== "string") throw damaged("The database does not say which log is beside it");
  return id;
}

/** Records which log is beside the database. */
export const setLog = (db: DatabaseSync, id: string): void => new NamedValues(db).put(LOG, id);

/** Returns the version of an open database. */
export const versionOf = (db: DatabaseSync): unknown => pragmaNumber(db, "user_version");

/**
 * Throws unless the disk takes some data durably. The checkpoint writes the whole log that SQLite keeps beside the database into it: after
 * a failed fsync the system may regard pages as written that are not, and only data that is written again is certain.
 */
function probe(db: DatabaseSync): void {
  const write = (sql: string, ...values: string[]) => db.prepare(sql).run(...values);
  write(`INSERT OR REPLACE INTO meta (name, value) VALUES ('${PROBE}', ?)`, "0".repeat(PROBE_BYTES));
  write(`DELETE FROM meta WHERE name = '${PROBE}'`);
  settle(db);
}

/** Writes all that SQLite keeps beside the database into it, durably. */
export function settle(db: DatabaseSync): void {
  if (db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0) {
    throw new StorageError("The database could not be checkpointed: another process reads it", { refused: true });
  }
}

/** Throws StorageError if a directory without a database holds what had one. `others` are names of the other files of a disk. */
export function assertNothingLost({ dir }: DiskOwner, others: readonly string[]): void {
  const found = [`${FILE}-wal`, KNOWN_FILE, ...others].find((name) => exists(`${dir}/${name}`));
  if (found !== undefined) throw damaged(`${dir} holds ${found} without ${FILE}: the database is lost`);
  const aside = [...Deno.readDirSync(dir)].find(({ name }) => name.startsWith(ASIDE));
  if (aside !== undefined && !exists(`${dir}/${NEW_FILE}`)) {
    throw damaged(`${dir} holds ${aside.name} without ${FILE}: the database is lost`);
  }
}

/**
 * Creates a complete database under a temporary name, unless a creation cut short after its commit has done so already. Before it is one,
 * `writeLog` makes the log beside it and returns its id.
 */
export function prepareDatabase(owner: DiskOwner, writeLog: () => string): void {
  connect(owner, NEW_FILE, (db) => {
    if (versionOf(db) !== 0) return;
    const log = writeLog();
    db.exec(`BEGIN IMMEDIATE; ${TABLES}`);
    const values = new NamedValues(db);
    values.put("disk.cluster", owner.clusterId);
    values.put("disk.replica", owner.replica);
    setLog(db, log);
    db.exec("COMMIT");
  }).close();
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

function connect(owner: DiskOwner, file: string, use: (db: DatabaseSync) => void): DatabaseSync {
  const db = new DatabaseSync(`${owner.dir}/${file}`);
  try {
    for (const pragma of PRAGMAS) db.exec(pragma);
    // Reading takes a lock that others can share; the log beside the database is not SQLite's to protect.
    db.exec("BEGIN EXCLUSIVE; COMMIT");
    use(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
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
