/** Reading the evidence (§9.1) out of a data directory whose replica is stopped. The database is not changed; SQLite may leave its own files beside it. */
import { DatabaseSync } from "node:sqlite";
import type { EvidenceOfEpoch } from "../../../protocol/evidence.ts";
import { exists } from "../files.ts";
import { StorageError } from "../port.ts";
import { diskError } from "./sqlite_errors.ts";
import { EvidenceTable, readEpochless } from "./sqlite_evidence.ts";
import { FILE, metaValue, versionOf } from "./sqlite_open.ts";
import { SCHEMA_VERSION } from "./sqlite_schema.ts";

/** The evidence of a data directory, and whose that is. */
export interface StoredEvidence {
  readonly cluster: string;
  readonly replica: string;
  /** Of all epochs, in the order in which it was found. */
  readonly evidence: readonly EvidenceOfEpoch[];
}

/** Returns the evidence kept in `dir`. Throws {@linkcode StorageError} if there is no database, it is in use, or damaged. */
export function readStoredEvidence(dir: string): StoredEvidence {
  if (!exists(`${dir}/${FILE}`)) throw new StorageError(`${dir} holds no ${FILE}: wanted a replica's data directory`);
  try {
    using db = new DatabaseSync(`${dir}/${FILE}`, { readOnly: true });
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    const [cluster, replica] = [metaValue(db, "disk.cluster"), metaValue(db, "disk.replica")];
    const evidence = versionOf(db) === SCHEMA_VERSION ? new EvidenceTable(db).all() : readEpochless(db);
    return { cluster: String(cluster), replica: String(replica), evidence };
  } catch (error) {
    throw diskError(error, dir, "read");
  }
}
