/** Durable storage in a data directory: the log in segments of our own, chunks, evidence and named values in one SQLite file. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { genesisHash } from "../../../protocol/hash_chain.ts";
import { logIndex, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { ChunkReader } from "../../../protocol/ports.ts";
import type { PersistOperation, Recovered } from "../../core/log/durable_state.ts";
import { epochOf } from "../epoch.ts";
import { assertNotOlder, LastKnownFile } from "../last_known.ts";
import { isLogOperation, type LogOperation, type LogState } from "../log_state.ts";
import { type EpochArchive, type SigningIntent, type Storage, StorageError } from "../port.ts";
import { branchChange } from "../segments/branch_change.ts";
import { Log } from "../segments/log.ts";
import type { StoredOperation } from "../segments/payload.ts";
import type { Standing } from "../segments/segment_head.ts";
import { Database } from "../sqlite/sqlite_database.ts";
import { diskError, isDiskError } from "../sqlite/sqlite_errors.ts";
import { KNOWN_FILE, OUTDATED } from "../sqlite/sqlite_open.ts";
import { type Tip, tipOf } from "../tip.ts";
import { applyTransaction, checkSigning, type Fixed, isBackground, type Known, type OpenDisk } from "../transaction.ts";
import { verifyRecovered, verifySnapshot } from "../verify.ts";
import { type DiskOptions, type FoundDisk, openDisk, reopenDisk } from "./disk_open.ts";

/**
 * Opens the disk in `dir`, or creates it for this cluster and replica. Throws `ConfigError` if another version of the program wrote it,
 * {@linkcode StorageError} if another process uses the directory, if it belongs to another cluster or replica, or if its content is damaged
 * (§4.1).
 */
export const openDiskStorage = (options: DiskOptions): Storage => read(openDisk(options), options);

/**
 * Opens the disk in `dir` again after a StorageError with `refused`, its storage closed; never creates it anew. Throws
 * {@linkcode StorageError} with `refused` unless the disk takes a write durably, otherwise as {@linkcode openDiskStorage} does.
 */
export const reopenDiskStorage = (options: DiskOptions): Storage => read(reopenDisk(options), options);

function read(found: FoundDisk, options: DiskOptions): Storage {
  try {
    return new DiskStorage(found, options);
  } catch (error) {
    found.db.close();
    throw diskError(error, options.dir, "open");
  }
}

class DiskStorage implements Storage {
  readonly chunks: ChunkReader = {
    has: (digest) => this.#reading(() => this.#database.chunks.has(digest)),
    read: (digest) => this.#reading(() => this.#database.chunks.read(digest)),
    digests: () => this.#reading(() => this.#database.chunks.digests()),
  };
  readonly epochs: EpochArchive = {
    put: (...args) => this.#putRow((database) => database.putEpoch(...args)),
    read: (epoch) => this.#reading(() => this.#database.epochs.read(epoch)),
    newest: () => this.epochs.list().at(-1) ?? null,
    list: () => this.#reading(() => this.#database.epochs.list()),
  };
  readonly #dir: string;
  readonly #fixed: Fixed;
  readonly #database: Database;
  readonly #state: LogState;
  readonly #log: Log;
  readonly #disk: OpenDisk;
  readonly #lastKnown: LastKnownFile;
  /** The changes of the transaction under way that go into the log. */
  #stored: StoredOperation[] = [];
  #known: Known;
  /** The first failed write. It is uncertain whether the disk took part of it, so nothing is written any more. */
  #failure: StorageError | null = null;
  #open = true;

  constructor({ db, log, options }: FoundDisk, { dir, clusterId, onTorn }: DiskOptions) {
    this.#dir = dir;
    this.#fixed = { hash: sha256Hex, origin: genesisHash(sha256Hex, clusterId) };
    this.#database = new Database(db);
    this.#state = log.state;
    this.#disk = {
      chunks: this.#database.chunks,
      hashAt: (index) => log.state.entryAt(index)?.hash ?? null,
      termAt: (index) => log.state.entryAt(index)?.entry.term ?? term(0),
      write: (operation, before) => this.#write(operation, before),
    };
    const recovered = this.#recovered();
    verifyRecovered(sha256Hex, clusterId, recovered, log.guard);
    const kept = verifySnapshot(sha256Hex, recovered, this.#database.chunks);
    this.#known = { tip: tipOf(recovered, kept), guard: log.guard };
    const path = `${dir}/${KNOWN_FILE}`;
    assertNotOlder(path, dir, { ...this.#known, records: log.end.number, writes: this.#database.writes });
    if (log.torn !== null) onTorn?.(log.torn);
    this.#log = new Log(options, log);
    this.#lastKnown = openLastKnown(path, this.#log);
    this.#note();
  }

  load(): Recovered {
    return this.#reading(() => this.#recovered());
  }

  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[], meanwhile = () => {}): void {
    this.#assertUsable();
    if (operations.length === 0 && !this.#database.isBehind && this.#allowed(intents)) return meanwhile();
    const before = this.#standing();
    const undo = this.#state.begin();
    this.#stored = [];
    this.#database.prepare(isBackground(operations, intents));
    try {
      const next = applyTransaction(this.#disk, this.#known, operations, intents, this.#fixed);
      this.#makeDurable(next, before, meanwhile);
      this.#known = next;
    } catch (error) {
      undo();
      throw this.#rollBack(error);
    }
    this.#note();
  }

  getMeta(name: string): string | null {
    return this.#reading(() => this.#database.getValue(`user.${name}`));
  }

  setMeta(name: string, value: string): void {
    this.#putRow((database) => database.putValue(`user.${name}`, value));
  }

  markOutdated(reason: string): void {
    this.#putRow((database) => database.putValue(OUTDATED, reason));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lastKnown.close();
    this.#try("close", () => {
      this.#log.close();
      this.#database.close();
    });
  }

  /** Returns whether the guard allows `intents` without a change of its record. */
  #allowed(intents: readonly SigningIntent[]): boolean {
    const { guard } = this.#known;
    return this.#try("read", () => checkSigning(this.#disk, this.#known, intents, this.#fixed)) === guard;
  }

  #write(operation: PersistOperation, before: Tip): void {
    if (isLogOperation(operation)) {
      this.#stored.push(storedOf(operation, this.#state));
      return this.#state.write(operation);
    }
    const database = this.#database;
    switch (operation.op) {
      case "evidence":
        // Evidence beyond the bound is not needed: one piece for each kind and culprit is enough to accuse (§9.1).
        if (before.evidence < LIMITS.maxEvidence) database.putEvidence(epochOf(before), operation.evidence);
        return;
      case "chunks":
        database.begin();
        return database.chunks.put(operation.chunks);
      case "drop-chunks":
        return database.chunks.drop(operation.digests);
    }
  }

  /**
   * Makes the transaction durable that was applied. The record in the log is what decides. New chunks, which are known by their digests, and
   * evidence, which is true whatever else is, are durable before it: without it they do no harm. Dropped chunks go after it.
   */
  #makeDurable({ guard }: Known, before: Standing, meanwhile: () => void): void {
    const changed = guard !== this.#known.guard;
    const isRecorded = changed || this.#stored.length > 0;
    if (isRecorded) {
      this.#log.encode({ kind: "transaction", operations: this.#stored, guard: changed ? guard : null });
    }
    this.#database.commit();
    if (isRecorded) this.#writeRecord(before, meanwhile);
    else meanwhile();
  }

  #writeRecord(before: Standing, meanwhile: () => void): void {
    try {
      this.#log.write(before, this.#state.lastIndex, meanwhile);
      this.#log.dropBelow(this.#state.base?.index ?? logIndex(0));
      this.#database.settle();
    } catch (error) {
      this.#failure = diskError(error, this.#dir, "write to");
      throw this.#failure;
    }
  }

  /** Makes a change of the database alone, durably. */
  #putRow(put: (database: Database) => void): void {
    this.#assertUsable();
    this.#database.prepare(false);
    try {
      put(this.#database);
      this.#database.commit();
    } catch (error) {
      throw this.#rollBack(error);
    }
    this.#note();
  }

  /** Rolls the database back, and returns the error to throw for `error`. After one of the disk nothing is written any more. */
  #rollBack(error: unknown): unknown {
    try {
      this.#database.rollBack();
    } catch (second) {
      this.#failure = diskError(second, this.#dir, "roll back");
      return this.#failure;
    }
    if (this.#failure !== null || !isDiskError(error)) return error;
    this.#failure = diskError(error, this.#dir, "write to");
    return this.#failure;
  }

  /** Notes beside the disk what is durable now. */
  #note(): void {
    this.#lastKnown.write({ ...this.#known, records: this.#log.number, writes: this.#database.writes });
  }

  #standing(): Standing {
    return { small: this.#state.small, lastIndex: this.#state.lastIndex, guard: this.#known.guard };
  }

  #recovered(): Recovered {
    const { small, entries } = this.#state;
    return { ...small, entries: entries.slice(), evidence: this.#database.evidence(epochOf(small)) };
  }

  #reading<T>(body: () => T): T {
    this.#assertUsable();
    return this.#try("read", body);
  }

  #try<T>(doing: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!isDiskError(error)) throw error;
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

/** Returns the change as the log holds it, made to `state`. */
function storedOf(operation: LogOperation, state: LogState): StoredOperation {
  if (operation.op === "prepared") {
    const { certificate, branch } = operation;
    return { kind: "prepared", certificate, branch: branchChange(state.branch, branch) };
  }
  const { op, ...rest } = operation;
  return { kind: op, ...rest } as StoredOperation;
}

function openLastKnown(path: string, log: Log): LastKnownFile {
  try {
    return new LastKnownFile(path);
  } catch (error) {
    log.close();
    throw error;
  }
}
