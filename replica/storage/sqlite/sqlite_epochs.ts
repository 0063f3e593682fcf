/** The archive of epochs in the database: one row for each, with its roster and its end (§13.8). */
import type { DatabaseSync } from "node:sqlite";
import { assertArchivable } from "../epoch_archive.ts";
import type { ArchivedEpoch } from "../port.ts";
import { blob, checksum, int, verifyChecksum } from "./sqlite_row.ts";

/** Columns that a row's checksum covers, in order. */
const COLUMNS = ["epoch", "roster", "end"] as const;

export class EpochTable {
  readonly #put;
  readonly #read;
  readonly #list;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare('INSERT OR REPLACE INTO epochs (epoch, roster, "end", checksum) VALUES (?, ?, ?, ?)');
    this.#read = db.prepare("SELECT * FROM epochs WHERE epoch = ?");
    this.#list = db.prepare("SELECT epoch FROM epochs ORDER BY epoch");
  }

  /** Writes a row in the running transaction. Throws {@linkcode StorageError} if an end would be lost. */
  put(epoch: number, roster: Uint8Array, end: Uint8Array | null): void {
    assertArchivable(epoch, this.read(epoch), end);
    this.#put.run(epoch, roster, end, checksum([epoch, roster, end]));
  }

  /** Throws {@linkcode StorageError} if the row is not what was written. */
  read(epoch: number): ArchivedEpoch | null {
    const row = this.#read.get(epoch);
    if (row === undefined) return null;
    verifyChecksum(row, COLUMNS, `epoch ${epoch} in the archive`);
    return { roster: blob(row, "roster"), end: row["end"] === null ? null : blob(row, "end") };
  }

  list(): number[] {
    return this.#list.all().map((row) => int(row, "epoch"));
  }
}
