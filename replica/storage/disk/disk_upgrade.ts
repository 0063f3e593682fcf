/**
 * The ways up from earlier versions of the database. From the one that held everything: the log is complete and durable under a waiting name before one transaction of the
 * database makes it the place of what it holds; whenever that is cut short, the next start finds either the one or the other.
 */
import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../crypto/digest.ts";
import { logIndex } from "../../../protocol/ids.ts";
import { damaged } from "../damage.ts";
import { assertNotOlder } from "../last_known.ts";
import { writeNewLog } from "../segments/new_log.ts";
import { segmentsIn } from "../segments/segment_files.ts";
import { ChunkTable } from "../sqlite/sqlite_chunks.ts";
import { readGuard, readRecovered } from "../sqlite/sqlite_earlier.ts";
import { EvidenceTable, readEpochless } from "../sqlite/sqlite_evidence.ts";
import { type DiskOwner, KNOWN_FILE, setLog, versionOf } from "../sqlite/sqlite_open.ts";
import {
  DROP_EARLIER,
  EARLIER_VERSION,
  EPOCHLESS_VERSION,
  OF_EPOCHS,
  SCHEMA_VERSION,
} from "../sqlite/sqlite_schema.ts";
import { tipOf } from "../tip.ts";
import { verifyRecovered, verifySnapshot } from "../verify.ts";
import { freshLogId } from "./log_id.ts";

/** Brings a database up to this version, one version after the other. Throws StorageError, and changes nothing, if it is not sound. */
export function upgrade(db: DatabaseSync, owner: DiskOwner): void {
  if (versionOf(db) === EARLIER_VERSION) moveToLog(db, owner);
  if (versionOf(db) === EPOCHLESS_VERSION) addEpochs(db);
}

/** Makes room for epochs; all that is there is of the first. */
function addEpochs(db: DatabaseSync): void {
  const pieces = readEpochless(db);
  db.exec(`BEGIN IMMEDIATE; DROP TABLE evidence; ${OF_EPOCHS}`);
  const table = new EvidenceTable(db);
  for (const { epoch, evidence } of pieces) table.put(epoch, evidence);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

/** Moves what is in the log from now on out of the database. */
function moveToLog(db: DatabaseSync, owner: DiskOwner): void {
  const { dir, clusterId, replica } = owner;
  if (segmentsIn(dir).length > 0) {
    throw damaged(`The database in ${dir} is of a time before the log beside it: it is an older copy`);
  }
  const recovered = readRecovered(db);
  const guard = readGuard(db);
  verifyRecovered(sha256Hex, clusterId, recovered, guard);
  const kept = verifySnapshot(sha256Hex, recovered, new ChunkTable(db));
  assertNotOlder(`${dir}/${KNOWN_FILE}`, dir, { tip: tipOf(recovered, kept), guard, records: 0, writes: 0 });
  const { entries, evidence: _, ...small } = recovered;
  const log = freshLogId();
  const lastIndex = small.base?.index ?? logIndex(0);
  writeNewLog(dir, { clusterId, replica, log }, { small, lastIndex, guard }, entries);
  db.exec("BEGIN IMMEDIATE");
  setLog(db, log);
  db.exec(`${DROP_EARLIER} COMMIT`);
}
