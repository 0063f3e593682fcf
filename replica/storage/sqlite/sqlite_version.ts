/**
 * The version of a database, read from the header of its file. It is judged before SQLite opens the file: that alone may change it, as it
 * moves what a crash left beside the file into it. ⚠ Never while it is open: to close any handle of a file takes all locks of the process on it.
 */
import { ConfigError } from "../../../crypto/config_error.ts";
import { APPLICATION_ID, EARLIER_VERSION, EPOCHLESS_VERSION, SCHEMA_VERSION } from "./sqlite_schema.ts";

const READABLE: ReadonlySet<number> = new Set([SCHEMA_VERSION, EPOCHLESS_VERSION, EARLIER_VERSION]);

/** Offsets in the header of an SQLite file of what `PRAGMA user_version` and `PRAGMA application_id` show. */
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;
const HEADER_BYTES = 72;

/**
 * Returns the version in the header of a replica's database, which is what other versions of the program judge it by; null if it is none.
 * Throws `ConfigError` if it is one that this program cannot read. Anything else that is wrong with it shows
 * when it is opened. It is no damage, so that no recovery sets it aside: a cluster whose replicas were all given `--recover` would have lost
 * its state.
 */
export function readableVersion(path: string): number | null {
  const version = versionIn(path);
  if (version === null || READABLE.has(version)) return version;
  const [writer, wayOn] = version < SCHEMA_VERSION ? ["an earlier", FROM_EARLIER] : ["a later", FROM_LATER];
  throw new ConfigError(
    `${path}: given a database of version ${version}, which ${writer} version of this program wrote, wanted version ` +
      `${SCHEMA_VERSION}. Nothing was changed. ${wayOn}`,
  );
}

function versionIn(path: string): number | null {
  const header = readHeader(path);
  return header?.getUint32(APPLICATION_ID_AT) === APPLICATION_ID ? header.getUint32(USER_VERSION_AT) : null;
}

/** The wire version was raised with this one, so nothing that was signed before can contradict what is signed from now on. */
const FROM_EARLIER = "Go on with the version that wrote it, which alone can read it; or start all replicas of the " +
  "cluster with this version, each with a new data directory and --init. Roster and keys stay good, the new cluster is " +
  "empty (docs/operations.md, “Data of another version”)";
const FROM_LATER = "Go on with that version";

function readHeader(path: string): DataView | null {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(HEADER_BYTES);
  for (let length = 0; length < HEADER_BYTES;) {
    const read = file.readSync(bytes.subarray(length));
    if (read === null) return null;
    length += read;
  }
  return new DataView(bytes.buffer);
}
