/** Evidence in the database, each piece with the epoch that it is of (§13.13). */
import type { DatabaseSync } from "node:sqlite";
import type { Evidence, EvidenceOfEpoch } from "../../../protocol/evidence.ts";
import { evidenceCodec } from "../../../transport/codec/mod.ts";
import { blob, checksum, decoded, int, verifyChecksum } from "./sqlite_row.ts";

export class EvidenceTable {
  readonly #db: DatabaseSync;
  readonly #put;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#put = db.prepare("INSERT INTO evidence (epoch, body, checksum) VALUES (?, ?, ?)");
  }

  put(epoch: number, evidence: Evidence): void {
    const body = evidenceCodec.encode(evidence);
    this.#put.run(epoch, body, checksum([epoch, body]));
  }

  /** Returns all of it, in the order in which it was found. Throws {@linkcode StorageError} if any is damaged. */
  all(): EvidenceOfEpoch[] {
    return piecesIn(this.#db, ["epoch", "body"], (row) => int(row, "epoch"));
  }
}

/** Returns the evidence in a database without epochs: all of it is of the first. */
export const readEpochless = (db: DatabaseSync): EvidenceOfEpoch[] => piecesIn(db, ["body"], () => 1);

function piecesIn(
  db: DatabaseSync,
  columns: readonly string[],
  epochOf: (row: Readonly<Record<string, unknown>>) => number,
): EvidenceOfEpoch[] {
  const pieces: EvidenceOfEpoch[] = [];
  for (const row of db.prepare("SELECT * FROM evidence ORDER BY seq").iterate()) {
    const what = `piece ${int(row, "seq")} of evidence`;
    verifyChecksum(row, columns, what);
    pieces.push({ epoch: epochOf(row), evidence: decoded(evidenceCodec, blob(row, "body"), what) });
  }
  return pieces;
}
