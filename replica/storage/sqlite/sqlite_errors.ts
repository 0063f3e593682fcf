/** What SQLite and the system say about a disk, told apart: refused for now, or damaged. */
import { StorageError } from "../port.ts";
import { damaged } from "../damage.ts";

/** SQLite's primary result codes for what may be otherwise later: PERM, BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL. */
const REFUSALS: ReadonlySet<number> = new Set([3, 5, 6, 8, 10, 13, 14, 15]);
/** The same by SQLite's own words, since `exec` gives no code. */
const REFUSAL_WORDS =
  /access permission denied|database (?:table )?is locked|readonly database|disk I\/O error|database or disk is full|unable to open database file|locking protocol/;
/** Codes of the system with the same meaning. */
const SYSTEM_REFUSALS: ReadonlySet<unknown> = new Set(
  ["ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EBUSY", "EMFILE", "ENFILE", "ESTALE", "ETIMEDOUT"],
);

/** What the disk, or SQLite, said, as a StorageError that names the directory. */
export function diskError(error: unknown, dir: string, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (/database is locked/.test(reason)) {
    const message = `The data directory ${dir} is in use by another process: every replica needs one of its own`;
    return new StorageError(message, { cause: error, refused: true });
  }
  if (/malformed|not a database|corrupt/.test(reason)) {
    return damaged(`The database in ${dir} is damaged: ${reason}`, error);
  }
  const message = `Could not ${doing} the database in ${dir}: ${reason}`;
  return new StorageError(message, { cause: error, refused: mayPass(error) });
}

/** Errors of the database itself, as opposed to what the guard, the tip or an encoder refused. */
export const isSqliteError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (!isSqliteError(error)) return SYSTEM_REFUSALS.has(error.code);
  const code = "errcode" in error ? error.errcode : undefined;
  // An extended code has the primary one in its lowest byte.
  return typeof code === "number" ? REFUSALS.has(code & 0xff) : REFUSAL_WORDS.test(error.message);
}
