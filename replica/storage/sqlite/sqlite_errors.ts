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
  [
    ...["ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EBUSY"],
    ...["EMFILE", "ENFILE", "ESTALE", "ETIMEDOUT", "ENOENT"],
  ],
);
/** Numbers of those that the runtime gives no code: EIO, EFBIG, ENOSPC, EROFS, ESTALE, EDQUOT. */
const NUMBERED_REFUSALS: ReadonlySet<number> = new Set([5, 27, 28, 30, 116, 122]);

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
export const isDiskError = (error: unknown): error is Error =>
  error instanceof Error &&
  (isSqliteError(error) || numberOf(error) !== null || /^E[A-Z0-9]+$/.test(String(codeOf(error))));

const codeOf = (error: Error): unknown => "code" in error ? error.code : undefined;

const isSqliteError = (error: Error): boolean => codeOf(error) === "ERR_SQLITE_ERROR";

/** Returns the system's number of an error, which the runtime writes behind its text; null if it is none of the system. */
function numberOf({ message }: Error): number | null {
  const number = /\(os error (\d+)\)/.exec(message)?.[1];
  return number === undefined ? null : Number(number);
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!isSqliteError(error)) return SYSTEM_REFUSALS.has(codeOf(error)) || NUMBERED_REFUSALS.has(numberOf(error) ?? 0);
  const code = "errcode" in error ? error.errcode : undefined;
  // An extended code has the primary one in its lowest byte.
  return typeof code === "number" ? REFUSALS.has(code & 0xff) : REFUSAL_WORDS.test(error.message);
}
