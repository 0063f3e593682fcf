/** The database of a disk: chunks, evidence, the archive of epochs and named values. A transaction begins with the first write, and ends with what rests on it. */
import type { DatabaseSync } from "node:sqlite";
import type { Evidence } from "../../../protocol/evidence.ts";
import { ChunkTable } from "./sqlite_chunks.ts";
import { EpochTable } from "./sqlite_epochs.ts";
import { EvidenceTable } from "./sqlite_evidence.ts";
import { checksum } from "./sqlite_row.ts";

/** Name of the value that counts durable transactions. */
const WRITES = "disk.writes";

export class Database {
  readonly chunks: ChunkTable;
  readonly epochs: EpochTable;
  readonly #db: DatabaseSync;
  readonly #begin;
  readonly #commit;
  readonly #evidence: EvidenceTable;
  readonly #named: NamedValues;
  #writes: number;
  /** True while the transaction under way, if any, does not wait for the disk. */
  #background = false;
  /** True while there are transactions that were left to a later one to make durable. */
  #unsynced = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.chunks = new ChunkTable(db);
    this.epochs = new EpochTable(db);
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#evidence = new EvidenceTable(db);
    this.#named = new NamedValues(db);
    this.#writes = Number(this.#named.get(WRITES) ?? 0);
  }

  /** Number of transactions that were made durable. */
  get writes(): number {
    return this.#writes;
  }

  /** True if a transaction without any writes has something to make durable. */
  get isBehind(): boolean {
    return this.#unsynced;
  }

  /** Chooses whether the next transaction waits for the disk. */
  prepare(background: boolean): void {
    this.#background = background;
  }

  /** Begins a transaction unless one is under way. Every write is in one. */
  begin(): void {
    if (this.#db.isTransaction) return;
    if (this.#background) this.#waitForDisk(false);
    this.#begin.run();
  }

  putEvidence(epoch: number, evidence: Evidence): void {
    this.begin();
    this.#evidence.put(epoch, evidence);
  }

  putEpoch(epoch: number, roster: Uint8Array, end: Uint8Array | null): void {
    this.begin();
    this.epochs.put(epoch, roster, end);
  }

  putValue(name: string, value: string): void {
    this.begin();
    this.#named.put(name, value);
  }

  getValue(name: string): string | null {
    return this.#named.get(name);
  }

  /** Returns the evidence of an epoch. Throws {@linkcode StorageError} if any piece, of whatever epoch, is damaged. */
  evidence(epoch: number): Evidence[] {
    return this.#evidence.all().filter((piece) => piece.epoch === epoch).map(({ evidence }) => evidence);
  }

  /**
   * Ends the transaction, if there is one. One that waits for the disk makes all before it durable, but leaves dropped chunks to
   * {@linkcode settle}; one that does not removes them in itself.
   */
  commit(): void {
    const background = this.#background;
    if (!background && (this.#unsynced || this.#db.isTransaction)) this.putValue(WRITES, String(++this.#writes));
    if (background && this.chunks.hasDropped) this.begin();
    if (!this.#db.isTransaction) return;
    if (background) this.chunks.sweep();
    this.#commit.run();
    if (background) this.#waitForDisk(true);
    this.#unsynced = background;
  }

  /** Removes chunks that were dropped; what no longer needs them is durable. */
  settle(): void {
    if (!this.chunks.hasDropped) return;
    this.prepare(true);
    this.commit();
  }

  /** Undoes the transaction under way. */
  rollBack(): void {
    // SQLite has already rolled back by itself after some errors, a full disk among them.
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    if (this.#background) this.#waitForDisk(true);
    this.#writes = Number(this.#named.get(WRITES) ?? 0);
    this.chunks.reload();
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Sets whether commits wait for the disk. In a write-ahead log a commit that does not wait is a part of the log like any other: the next
   * one that waits syncs the file as a whole, earlier frames with its own, and SQLite syncs the log before it copies anything out of it or
   * restarts it. So a power cut takes commits from the end of the log only, and none that precedes one that waited.
   */
  #waitForDisk(wait: boolean): void {
    this.#db.exec(`PRAGMA synchronous = ${wait ? "FULL" : "NORMAL"}`);
  }
}

/** The table of named values. */
export class NamedValues {
  readonly #put;
  readonly #get;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare("INSERT OR REPLACE INTO meta (name, value, checksum) VALUES (?, ?, ?)");
    this.#get = db.prepare("SELECT value FROM meta WHERE name = ?");
  }

  put(name: string, value: string): void {
    this.#put.run(name, value, checksum([name, value]));
  }

  get(name: string): string | null {
    const value = this.#get.get(name)?.["value"];
    return typeof value === "string" ? value : null;
  }
}
