/** Durable storage in one SQLite file. */
import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../crypto/digest.ts";
import { genesisHash } from "../../../protocol/hash_chain.ts";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { ChunkReader } from "../../../protocol/ports.ts";
import type { PersistOperation, Recovered } from "../../core/log/durable_state.ts";
import { LastKnownFile } from "../last_known.ts";
import { type SigningIntent, type Storage, StorageError } from "../port.ts";
import { type Tip, tipOf } from "../tip.ts";
import { applyTransaction, checkSigning, type Fixed, isBackground, type Known, type OpenDisk } from "../transaction.ts";
import { verifyRecovered, verifySnapshot } from "../verify.ts";
import { ChunkTable } from "./sqlite_chunks.ts";
import { diskError, isSqliteError } from "./sqlite_errors.ts";
import { readGuard, readRecovered } from "./sqlite_load.ts";
import { KNOWN_FILE, openDatabase, OUTDATED, reopenDatabase } from "./sqlite_open.ts";
import { Statements } from "./sqlite_statements.ts";

export interface SqliteOptions {
  /** Data directory of this replica alone; created if missing. */
  readonly dir: string;
  readonly clusterId: string;
  readonly replica: ReplicaId;
  /** Largest size of the database in pages of 4096 bytes; a commit that needs more fails as on a full disk. Default: no bound. */
  readonly maxPages?: number;
}

/**
 * Opens `dir/replica.db`, or creates it for this cluster and replica. Throws `ConfigError` if another version of the program wrote it,
 * {@linkcode StorageError} if another process uses the directory, if it belongs to another cluster or replica, or if its content is damaged
 * (§4.1).
 */
export function openSqliteStorage(options: SqliteOptions): Storage {
  const db = openDatabase(options);
  return read(db, options, () => bound(db, options));
}

/**
 * Opens `dir/replica.db` again after a StorageError with `refused`, its storage closed; never creates it anew. Throws
 * {@linkcode StorageError} with `refused` unless the disk takes a write durably, otherwise as {@linkcode openSqliteStorage} does.
 */
export function reopenSqliteStorage(options: SqliteOptions): Storage {
  return read(reopenDatabase(options, (db) => bound(db, options)), options);
}

function bound(db: DatabaseSync, { maxPages }: SqliteOptions): void {
  if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(maxPages)}`);
}

function read(db: DatabaseSync, options: SqliteOptions, prepare: () => void = () => {}): Storage {
  try {
    prepare();
    return new SqliteStorage(db, options);
  } catch (error) {
    db.close();
    throw diskError(error, options.dir, "read");
  }
}

class SqliteStorage implements Storage {
  readonly chunks: ChunkReader = {
    has: (digest) => this.#reading(() => this.#table.has(digest)),
    read: (digest) => this.#reading(() => this.#table.read(digest)),
    digests: () => this.#reading(() => this.#table.digests()),
  };
  readonly #db: DatabaseSync;
  readonly #dir: string;
  readonly #fixed: Fixed;
  readonly #statements: Statements;
  readonly #table: ChunkTable;
  readonly #disk: OpenDisk;
  readonly #lastKnown: LastKnownFile;
  /** The state read at open, until `load` returns it. */
  #recovered: Recovered | null;
  #known: Known;
  /** True while there are commits that were left to a later one to make durable. */
  #unsynced = false;
  /** The first failed write. It is uncertain whether the disk took part of it, so nothing is written any more. */
  #failure: StorageError | null = null;
  #open = true;

  constructor(db: DatabaseSync, { dir, clusterId }: SqliteOptions) {
    this.#db = db;
    this.#dir = dir;
    this.#fixed = { hash: sha256Hex, genesis: genesisHash(sha256Hex, clusterId) };
    this.#statements = new Statements(db);
    this.#table = new ChunkTable(db);
    this.#disk = {
      chunks: this.#table,
      hashAt: (index) => this.#statements.hashAt(index),
      termAt: (index) => this.#statements.termAt(index),
      write: (operation, before) => this.#write(operation, before),
    };
    const guard = readGuard(db);
    this.#recovered = readRecovered(db);
    verifyRecovered(sha256Hex, clusterId, this.#recovered, guard);
    const kept = verifySnapshot(sha256Hex, this.#recovered, this.#table);
    this.#known = { tip: tipOf(this.#recovered, kept), guard };
    this.#lastKnown = lastKnownFile(dir, this.#known);
  }

  load(): Recovered {
    this.#assertUsable();
    const recovered = this.#recovered ?? this.#try("read", () => readRecovered(this.#db));
    this.#recovered = null;
    return recovered;
  }

  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): void {
    this.#assertUsable();
    this.#recovered = null;
    if (operations.length === 0 && !this.#unsynced && this.#allowed(intents)) return;
    const background = isBackground(operations, intents);
    this.#known = this.#transaction(() => {
      const next = applyTransaction(this.#disk, this.#known, operations, intents, this.#fixed);
      if (next.guard !== this.#known.guard) this.#statements.putGuard(next.guard);
      // A transaction that writes nothing syncs nothing, and earlier commits would still not be durable.
      if (this.#unsynced && !background) this.#statements.putMeta("disk.synced", "");
      return next;
    }, background);
    this.#lastKnown.write(this.#known.tip, this.#known.guard);
  }

  getMeta(name: string): string | null {
    return this.#reading(() => this.#statements.getMeta(`user.${name}`));
  }

  setMeta(name: string, value: string): void {
    this.#assertUsable();
    this.#transaction(() => this.#statements.putMeta(`user.${name}`, value));
  }

  markOutdated(reason: string): void {
    this.#assertUsable();
    this.#transaction(() => this.#statements.putMeta(OUTDATED, reason));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lastKnown.close();
    this.#try("close", () => this.#db.close());
  }

  /** Returns whether the guard allows `intents` without a change of its record. */
  #allowed(intents: readonly SigningIntent[]): boolean {
    const { guard } = this.#known;
    return this.#try("read", () => checkSigning(this.#disk, this.#known, intents, this.#fixed)) === guard;
  }

  #write(operation: PersistOperation, before: Tip): void {
    const statements = this.#statements;
    switch (operation.op) {
      case "hard-state":
        return statements.putHardState(operation.state);
      case "append":
        return statements.append(operation.entries);
      case "truncate":
        return statements.truncate(operation.after);
      case "prepared":
        statements.putCertificate("prepared", operation.certificate.index, operation.certificate);
        return statements.replaceBranch(operation.branch);
      case "commit":
        return statements.putCertificate("commit", operation.index, operation.certificate);
      case "evidence":
        // Evidence beyond the bound is not needed: one piece for each kind and culprit is enough to accuse (§9.1).
        if (before.evidence < LIMITS.maxEvidence) statements.putEvidence(operation.evidence);
        return;
      case "chunks":
        return this.#table.put(operation.chunks);
      case "drop-chunks":
        return this.#table.drop(operation.digests);
      case "checkpoint":
      case "transfer":
        return statements.putProof(operation.op, operation.proof);
      case "compact":
        return statements.compact(operation.base);
      case "restart-log":
        return statements.restart(operation.base);
    }
  }

  /** Runs `body` in one transaction: all of it is stored on return, and nothing of it after a throw. */
  #transaction<T>(body: () => T, background = false): T {
    try {
      if (background) this.#syncCommits(false);
      this.#statements.begin();
      const result = body();
      this.#statements.commit();
      if (background) this.#syncCommits(true);
      this.#unsynced = background;
      return result;
    } catch (error) {
      throw this.#rollBack(error, background);
    }
  }

  /**
   * Sets whether commits wait for the disk. In a write-ahead log a commit that does not wait is a part of the log like any other: the next
   * one that waits syncs the file as a whole, earlier frames with its own, and SQLite syncs the log before it copies anything out of it or
   * restarts it. So a power cut takes commits from the end of the log only, and none that precedes one that waited.
   */
  #syncCommits(wait: boolean): void {
    this.#db.exec(`PRAGMA synchronous = ${wait ? "FULL" : "NORMAL"}`);
  }

  /** Rolls the transaction back, and returns the error to throw for `error`. */
  #rollBack(error: unknown, background: boolean): unknown {
    try {
      // SQLite has already rolled back by itself after some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      if (background) this.#syncCommits(true);
      this.#table.reload();
    } catch (second) {
      this.#failure = diskError(second, this.#dir, "roll back");
      return this.#failure;
    }
    if (!isSqliteError(error)) return error;
    this.#failure = diskError(error, this.#dir, "write to");
    return this.#failure;
  }

  #reading<T>(body: () => T): T {
    this.#assertUsable();
    return this.#try("read", body);
  }

  #try<T>(doing: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      throw diskError(error, this.#dir, doing);
    }
  }

  #assertUsable(): void {
    if (!this.#open) throw new StorageError(`The storage in ${this.#dir} is closed`);
    if (this.#failure !== null) {
      throw new StorageError(`The storage in ${this.#dir} failed before: ${this.#failure.message}`, {
        cause: this.#failure,
        refused: this.#failure.refused,
      });
    }
  }
}

/** Returns the file beside the database, brought up to date. Throws {@linkcode StorageError} if it records more than the database holds. */
function lastKnownFile(dir: string, { tip, guard }: Known): LastKnownFile {
  const file = new LastKnownFile(`${dir}/${KNOWN_FILE}`);
  try {
    file.assertNotOlder(dir, tip, guard);
    file.write(tip, guard);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
