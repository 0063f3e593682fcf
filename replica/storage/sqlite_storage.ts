/** Durable storage in one SQLite file. */
import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../crypto/digest.ts";
import { genesisHash } from "../core/hash_chain.ts";
import type { Digest, LogIndex, ReplicaId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { PersistOperation, Recovered } from "../core/output.ts";
import { checkIntents, type GuardRecord } from "./guard.ts";
import { type SigningIntent, type Storage, StorageError } from "./port.ts";
import { readGuard, readRecovered } from "./sqlite_load.ts";
import { diskError, isSqliteError } from "./sqlite_errors.ts";
import { openDatabase, reopenDatabase } from "./sqlite_open.ts";
import { Statements } from "./sqlite_statements.ts";
import { advanceTip, checkTip, type Tip, tipOf } from "./tip.ts";
import { verifyRecovered } from "./verify.ts";

export interface SqliteOptions {
  /** Data directory of this replica alone; made if it is not there. */
  readonly dir: string;
  readonly clusterId: string;
  readonly replica: ReplicaId;
  /** Largest size of the database in pages of 4096 bytes; a commit that needs more fails as on a full disk. Default: no bound. */
  readonly maxPages?: number;
}

/**
 * Opens `dir/replica.db`, or makes it for this cluster and replica. Throws {@linkcode StorageError} if another process uses the
 * directory, if it belongs to another cluster or replica, or if what it holds is damaged (§4.1).
 */
export function openSqliteStorage(options: SqliteOptions): Storage {
  const db = openDatabase(options);
  return read(db, options, () => bound(db, options));
}

/**
 * Opens `dir/replica.db` again after a StorageError with `refused`, its storage closed; never makes it anew. Throws
 * {@linkcode StorageError} with `refused` unless the disk takes a write durably, else as {@linkcode openSqliteStorage} does.
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
  readonly #db: DatabaseSync;
  readonly #dir: string;
  readonly #genesis: Digest;
  readonly #statements: Statements;
  /** What was read at open, until `load` hands it out. */
  #recovered: Recovered | null;
  #tip: Tip;
  #guard: GuardRecord;
  /** The first failed write. Whether the disk took part of it is not known for sure, so nothing is written any more. */
  #failure: StorageError | null = null;
  #open = true;

  constructor(db: DatabaseSync, { dir, clusterId }: SqliteOptions) {
    this.#db = db;
    this.#dir = dir;
    this.#genesis = genesisHash(sha256Hex, clusterId);
    this.#statements = new Statements(db);
    this.#guard = readGuard(db);
    this.#recovered = readRecovered(db);
    verifyRecovered(sha256Hex, clusterId, this.#recovered, this.#guard);
    this.#tip = tipOf(this.#recovered);
  }

  load(): Recovered {
    this.#assertUsable();
    const recovered = this.#recovered ?? this.#disk("read", () => readRecovered(this.#db));
    this.#recovered = null;
    return recovered;
  }

  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): void {
    this.#assertUsable();
    this.#recovered = null;
    if (operations.length === 0 && this.#check(intents) === this.#guard) return;
    const [tip, guard] = this.#transaction(() => {
      const tip = this.#applyAll(operations);
      const guard = this.#check(intents);
      if (guard !== this.#guard) this.#statements.putGuard(guard);
      return [tip, guard];
    });
    this.#tip = tip;
    this.#guard = guard;
  }

  getMeta(name: string): string | null {
    this.#assertUsable();
    return this.#disk("read", () => this.#statements.getMeta(`user.${name}`));
  }

  setMeta(name: string, value: string): void {
    this.#assertUsable();
    this.#transaction(() => this.#statements.putMeta(`user.${name}`, value));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#disk("close", () => this.#db.close());
  }

  #check(intents: readonly SigningIntent[]): GuardRecord {
    return checkIntents(this.#guard, intents, (index) => this.#hashAt(index));
  }

  #hashAt(index: LogIndex): Digest | null {
    return index === 0 ? this.#genesis : this.#statements.hashAt(index);
  }

  #applyAll(operations: readonly PersistOperation[]): Tip {
    let tip = this.#tip;
    for (const operation of operations) {
      const next = advanceTip(tip, operation, (index) => this.#statements.termAt(index));
      this.#write(operation, tip);
      tip = next;
    }
    checkTip(tip);
    return tip;
  }

  #write(operation: PersistOperation, before: Tip): void {
    switch (operation.op) {
      case "hard-state":
        return this.#statements.putHardState(operation.state);
      case "append":
        return this.#statements.append(operation.entries);
      case "truncate":
        return this.#statements.truncate(operation.after);
      case "prepared":
        this.#statements.putCertificate("prepared", operation.certificate.index, operation.certificate);
        return this.#statements.replaceBranch(operation.branch);
      case "commit":
        return this.#statements.putCertificate("commit", operation.index, operation.certificate);
      case "evidence":
        // What exceeds the bound is not needed: one piece for each kind and culprit is enough to accuse (§9.1).
        if (before.evidence < LIMITS.maxEvidence) this.#statements.putEvidence(operation.evidence);
    }
  }

  /** Runs `body` in one transaction: all of it is durable on return, and nothing of it after a throw. */
  #transaction<T>(body: () => T): T {
    this.#disk("write to", () => this.#db.exec("BEGIN IMMEDIATE"));
    try {
      const result = body();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#rollback();
      if (!isSqliteError(error)) throw error;
      this.#failure = diskError(error, this.#dir, "write to");
      throw this.#failure;
    }
  }

  #rollback(): void {
    // SQLite has rolled back by itself after some errors, a full disk among them.
    if (this.#db.isTransaction) this.#disk("roll back", () => this.#db.exec("ROLLBACK"));
  }

  #disk<T>(doing: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
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
