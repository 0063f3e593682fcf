/** Classification of the errors of SQLite and the system about a disk: refused for now, or damaged. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { damaged } from "../damage.ts";
import { StorageError } from "../port.ts";

/** SQLite's primary result codes of errors that may pass: PERM, BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL. */
const REFUSALS: ReadonlySet<number> = new Set([3, 5, 6, 8, 10, 13, 14, 15]);
/** The same by SQLite's messages, since `exec` gives no code. */
const REFUSAL_WORDS =
  /access permission denied|database (?:table )?is locked|readonly database|disk I\/O error|database or disk is full|unable to open database file|locking protocol/;
/** System error codes with the same meaning. */
const SYSTEM_REFUSALS: ReadonlySet<unknown> = new Set(
  ["ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EBUSY", "EMFILE", "ENFILE", "ESTALE", "ETIMEDOUT"],
);

/** Returns what went wrong as a directory was opened: a refusal that its user has to see to, or else a {@linkcode diskError}. */
export const openingError = (error: unknown, dir: string, doing: string): ConfigError | StorageError =>
  error instanceof ConfigError ? error : diskError(error, dir, doing);

/** Returns an error of the system or of SQLite as a StorageError that names the directory. */
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
  const message = `Could not ${doing} the data in ${dir}: ${reason}`;
  return new StorageError(message, { cause: error, refused: mayPass(error) });
}

/** Returns whether `error` is one of the database or a file, as opposed to a refusal of the guard, the tip or an encoder. */
export const isDiskError = (error: unknown): boolean => isSqliteError(error) || isSystemError(error);

/** Returns whether `error` is one of the system, which all have a code: SQLite's have another property of that name. */
const isSystemError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);

const isSqliteError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (!isSqliteError(error)) return SYSTEM_REFUSALS.has(error.code);
  const code = "errcode" in error ? error.errcode : undefined;
  // An extended code has the primary one in its lowest byte.
  return typeof code === "number" ? REFUSALS.has(code & 0xff) : REFUSAL_WORDS.test(error.message);
}
