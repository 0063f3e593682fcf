/** The database of a disk: chunks, evidence and named values. A transaction begins with the first write, and ends with what rests on it. */
import type { DatabaseSync } from "node:sqlite";
import type { Evidence } from "../../../protocol/evidence.ts";
import { type Codec, evidenceCodec } from "../../../transport/codec/mod.ts";
import { damaged } from "../damage.ts";
import { ChunkTable } from "./sqlite_chunks.ts";
import { blob, checksum, int, verifyChecksum } from "./sqlite_row.ts";

/** Name of the value that counts durable transactions. */
const WRITES = "disk.writes";

export class Database {
  readonly chunks: ChunkTable;
  readonly #db: DatabaseSync;
  readonly #begin;
  readonly #commit;
  readonly #putEvidence;
  readonly #named: NamedValues;
  #writes: number;
  /** True while the transaction under way, if any, does not wait for the disk. */
  #background = false;
  /** True while there are transactions that were left to a later one to make durable. */
  #unsynced = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.chunks = new ChunkTable(db);
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#putEvidence = db.prepare("INSERT INTO evidence (body, checksum) VALUES (?, ?)");
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

  putEvidence(evidence: Evidence): void {
    this.begin();
    const body = evidenceCodec.encode(evidence);
    this.#putEvidence.run(body, checksum([body]));
  }

  putValue(name: string, value: string): void {
    this.begin();
    this.#named.put(name, value);
  }

  getValue(name: string): string | null {
    return this.#named.get(name);
  }

  evidence(): Evidence[] {
    return readEvidence(this.#db);
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

/** Returns all evidence, in the order in which it was found. */
export function readEvidence(db: DatabaseSync): Evidence[] {
  const evidence: Evidence[] = [];
  for (const row of db.prepare("SELECT * FROM evidence ORDER BY seq").iterate()) {
    verifyChecksum(row, ["body"], `piece ${int(row, "seq")} of evidence`);
    evidence.push(decoded(evidenceCodec, blob(row, "body"), `Piece ${int(row, "seq")} of evidence`));
  }
  return evidence;
}

/** Returns the value that `bytes` hold. Throws StorageError naming `what` if they hold none. */
export function decoded<T>(codec: Codec<T>, bytes: Uint8Array, what: string): T {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw damaged(`${what} does not decode: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
