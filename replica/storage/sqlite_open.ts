/** Opens or creates `replica.db` in a data directory, alone, and makes sure whose it is. */
import { DatabaseSync } from "node:sqlite";
import { EMPTY_HARD_STATE } from "./empty.ts";
import { NOTHING_SIGNED } from "./guard.ts";
import { StorageError } from "./port.ts";
import { diskError } from "./sqlite_errors.ts";
import { APPLICATION_ID, PRAGMAS, SCHEMA_VERSION, TABLES } from "./sqlite_schema.ts";
import { Statements } from "./sqlite_statements.ts";
import { damaged } from "./verify.ts";

/** Whose disk it is. */
export interface DiskOwner {
  readonly dir: string;
  readonly clusterId: string;
  readonly replica: string;
}

const FILE = "replica.db";
/** A database being created; it is renamed once it is whole, so `replica.db` is never found half made. */
const NEW_FILE = "replica.db.new";
/** Room a disk must have again before it is used again: that of some batches, not of one row. */
const PROBE_BYTES = 1024 * 1024;

/** The open database, locked for this process alone. Throws {@linkcode StorageError} naming the directory and what is wrong. */
export function openDatabase(owner: DiskOwner): DatabaseSync {
  try {
    Deno.mkdirSync(owner.dir, { recursive: true, mode: 0o700 });
    if (!exists(`${owner.dir}/${FILE}`)) createDatabase(owner);
    return connect(owner, FILE, verifyDatabase);
  } catch (error) {
    throw diskError(error, owner.dir, "open");
  }
}

/**
 * The database of a running replica again, after its disk had refused. It is never made anew: where it is missing, so is the disk, and
 * a replica that went on without it would have forgotten what it signed. A durable write shows that the disk accepts again.
 * Throws {@linkcode StorageError} as {@linkcode openDatabase} does.
 */
export function reopenDatabase(owner: DiskOwner, prepare: (db: DatabaseSync) => void): DatabaseSync {
  try {
    if (!exists(`${owner.dir}/${FILE}`)) {
      throw new StorageError(`${owner.dir}/${FILE} is gone: the disk it was on is wanted back`, { refused: true });
    }
    return connect(owner, FILE, (db) => {
      verifyOwner(db, owner);
      prepare(db);
      probe(db);
      verifyIntact(db, owner);
    });
  } catch (error) {
    throw diskError(error, owner.dir, "reopen");
  }
}

/**
 * Throws unless the disk takes some data durably. The checkpoint writes the whole log that SQLite keeps beside the database into it:
 * after a failed fsync the system may hold pages for written that are not, and only what is written again is sure.
 */
function probe(db: DatabaseSync): void {
  const write = (sql: string, ...values: string[]) => db.prepare(sql).run(...values);
  write("INSERT OR REPLACE INTO meta (name, value) VALUES ('disk.probe', ?)", "0".repeat(PROBE_BYTES));
  write("DELETE FROM meta WHERE name = 'disk.probe'");
  if (db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0) {
    throw new StorageError("The database could not be checkpointed: another process reads it", { refused: true });
  }
}

function createDatabase(owner: DiskOwner): void {
  if (exists(`${owner.dir}/${FILE}-wal`)) throw damaged(`${owner.dir} holds ${FILE}-wal without ${FILE}`);
  connect(owner, NEW_FILE, createTables).close();
  Deno.renameSync(`${owner.dir}/${NEW_FILE}`, `${owner.dir}/${FILE}`);
  syncDirectory(owner.dir);
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

function createTables(db: DatabaseSync, owner: DiskOwner): void {
  // A creation that was cut short after its commit has left the tables behind, whole.
  if (pragmaNumber(db, "user_version") === SCHEMA_VERSION) return;
  db.exec(`BEGIN IMMEDIATE; ${TABLES}`);
  const insert = db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)");
  insert.run("disk.cluster", owner.clusterId);
  insert.run("disk.replica", owner.replica);
  // Both rows stand from the beginning, so that their absence is damage and not an empty disk.
  const statements = new Statements(db);
  statements.putHardState(EMPTY_HARD_STATE);
  statements.putGuard(NOTHING_SIGNED);
  db.exec("COMMIT");
}

function verifyDatabase(db: DatabaseSync, owner: DiskOwner): void {
  verifyOwner(db, owner);
  verifyIntact(db, owner);
}

function verifyOwner(db: DatabaseSync, owner: DiskOwner): void {
  if (pragmaNumber(db, "application_id") !== APPLICATION_ID) {
    throw damaged(`${owner.dir}/${FILE} is not a replica's database, or lost its content`);
  }
  const version = pragmaNumber(db, "user_version");
  if (version !== SCHEMA_VERSION) {
    throw new StorageError(`${owner.dir}/${FILE} has schema version ${version}: this program wants ${SCHEMA_VERSION}`);
  }
  const cluster = metaValue(db, "disk.cluster");
  const replica = metaValue(db, "disk.replica");
  if (cluster !== owner.clusterId || replica !== owner.replica) {
    throw new StorageError(
      `This disk belongs to cluster ${cluster} replica ${replica}: ${owner.dir} was opened as cluster ` +
        `${owner.clusterId} replica ${owner.replica}`,
    );
  }
}

function verifyIntact(db: DatabaseSync, owner: DiskOwner): void {
  const check = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (check !== "ok") throw damaged(`The database in ${owner.dir} is damaged: ${check}`);
}

const pragmaNumber = (db: DatabaseSync, name: string): unknown => db.prepare(`PRAGMA ${name}`).get()?.[name];

const metaValue = (db: DatabaseSync, name: string): unknown =>
  db.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.["value"];

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes the rename durable; without it a crash could leave the directory without its database. */
function syncDirectory(dir: string): void {
  using file = Deno.openSync(dir, { read: true });
  file.syncSync();
}
