/** Opening the database and the log of a data directory together. */
import type { DatabaseSync } from "node:sqlite";
import type { HardState } from "../../core/log/durable_state.ts";
import { damaged } from "../damage.ts";
import { EMPTY_HARD_STATE } from "../empty.ts";
import { exists } from "../files.ts";
import { NOTHING_SIGNED } from "../guard.ts";
import { LogState } from "../log_state.ts";
import { StorageError } from "../port.ts";
import type { LogOptions } from "../segments/log.ts";
import { writeNewLog } from "../segments/new_log.ts";
import { type ReadLog, readLog, standingOf } from "../segments/read_log.ts";
import { installFirstSegment, isFirstSegmentOf, SEGMENT, segmentsIn } from "../segments/segment_files.ts";
import { openingError } from "../sqlite/sqlite_errors.ts";
import {
  assertNothingLost,
  type DiskOwner,
  FILE,
  installDatabase,
  logOf,
  openDatabase,
  prepareDatabase,
  reopenDatabase,
  settle,
  versionOf,
} from "../sqlite/sqlite_open.ts";
import { SCHEMA_VERSION } from "../sqlite/sqlite_schema.ts";
import { readableVersion } from "../sqlite/sqlite_version.ts";
import { upgrade } from "./disk_upgrade.ts";
import { freshLogId } from "./log_id.ts";

export interface DiskOptions extends DiskOwner, Pick<LogOptions, "maxLogBytes"> {
  /** Data directory of this replica alone; created if missing. */
  readonly dir: string;
  /** Largest size of the database in pages of 4096 bytes; a commit that needs more fails as on a full disk. Default: no bound. */
  readonly maxPages?: number;
  /** Told of a write that a power cut or a crash cut short; nothing rested on it, and it is left out. */
  readonly onTorn?: (what: string) => void;
}

/** A database and the log beside it, found sound one by one. */
export interface FoundDisk {
  readonly db: DatabaseSync;
  readonly options: LogOptions;
  readonly log: ReadLog;
}

/**
 * Opens the disk, or creates it, or brings one of an earlier version up to this one. Throws `ConfigError` if it is of another version,
 * StorageError naming the directory and what is wrong otherwise.
 */
export function openDisk(options: DiskOptions): FoundDisk {
  const { dir } = options;
  try {
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!exists(`${dir}/${FILE}`)) createDisk(options);
    const inHeader = readableVersion(`${dir}/${FILE}`);
    return found(openDatabase(options), options, (db) => {
      upgrade(db, options);
      // Before anything is signed on the log, a program of the version before must see that it cannot read this disk.
      if (inHeader !== SCHEMA_VERSION) settle(db);
      finishCreation(dir, logOf(db));
      limitPages(db, options);
    });
  } catch (error) {
    throw openingError(error, dir, "open");
  }
}

/**
 * Opens the disk of a running replica again, after it had refused. It is never created anew: if it is missing, a replica that went on
 * without it would have forgotten what it signed. Throws as {@linkcode openDisk} does.
 */
export function reopenDisk(options: DiskOptions): FoundDisk {
  const { dir } = options;
  try {
    if (!exists(`${dir}/${FILE}`)) {
      throw new StorageError(`${dir}/${FILE} is gone: the disk it was on is wanted back`, { refused: true });
    }
    readableVersion(`${dir}/${FILE}`);
    return found(reopenDatabase(options, (db) => limitPages(db, options)), options, (db) => {
      if (versionOf(db) !== SCHEMA_VERSION) throw damaged(`${dir}/${FILE} is an older copy`);
    });
  } catch (error) {
    throw openingError(error, dir, "reopen");
  }
}

/** Makes a disk that stands at `hardState`, to be installed, unless there is one already. */
export function prepareDisk(owner: DiskOwner, hardState: HardState): void {
  const { dir, clusterId, replica } = owner;
  prepareDatabase(owner, () => {
    const log = freshLogId();
    const state = new LogState();
    state.write({ op: "hard-state", state: hardState });
    writeNewLog(dir, { clusterId, replica, log }, standingOf({ state, guard: NOTHING_SIGNED }));
    return log;
  });
}

function createDisk(owner: DiskOwner): void {
  assertNothingLost(owner, [...Deno.readDirSync(owner.dir)].map(({ name }) => name).filter(isSegment));
  prepareDisk(owner, EMPTY_HARD_STATE);
  installDatabase(owner);
}

const isSegment = (name: string): boolean => name.startsWith(SEGMENT);

/** Puts the first segment in its place, if the database was put into its own and nothing more. */
function finishCreation(dir: string, log: string): void {
  if (segmentsIn(dir).length === 0 && isFirstSegmentOf(dir, log)) installFirstSegment(dir);
}

function found(db: DatabaseSync, options: DiskOptions, prepare: (db: DatabaseSync) => void): FoundDisk {
  try {
    prepare(db);
    const { dir, clusterId, replica, maxLogBytes } = options;
    const owner = { dir, clusterId, replica, log: logOf(db) };
    const log = readLog(dir, owner);
    return { db, log, options: maxLogBytes === undefined ? owner : { ...owner, maxLogBytes } };
  } catch (error) {
    db.close();
    throw error;
  }
}

function limitPages(db: DatabaseSync, { maxPages }: DiskOptions): void {
  if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(maxPages)}`);
}
