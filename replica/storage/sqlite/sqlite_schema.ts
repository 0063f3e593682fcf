/** Tables and pragmas of `replica.db`. A change of the tables, or of the wire version of what is in them, raises {@linkcode SCHEMA_VERSION}. */

/** Version of the tables, kept in `PRAGMA user_version`. Versions 1 and 2 held values of wire version 1. */
export const SCHEMA_VERSION = 5;
/** The version without epochs. It is brought up to this one as it is opened, and so is the one before. */
export const EPOCHLESS_VERSION = 4;
/** The version in which all durable state was in the database. */
export const EARLIER_VERSION = 3;
/** `PRAGMA application_id` of a replica's database: "BFTR". */
export const APPLICATION_ID = 0x42465452;

/**
 * Set on every connection, before anything is read. A lock is held until close, so a second process is refused once this one has taken the
 * lock for writing; FULL makes each commit wait for the disk (§4.1).
 */
export const PRAGMAS = [
  "PRAGMA locking_mode = EXCLUSIVE",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA trusted_schema = OFF",
  "PRAGMA cell_size_check = ON",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA mmap_size = 0",
  "PRAGMA journal_size_limit = 67108864",
] as const;

/** Creates the tables whose rows name an epoch. */
export const OF_EPOCHS = `
CREATE TABLE evidence (
  seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, body BLOB NOT NULL, checksum BLOB NOT NULL
) STRICT;
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, roster BLOB NOT NULL, "end" BLOB, checksum BLOB NOT NULL) STRICT;
`;

/**
 * Creates all tables of this version. `checksum` covers the other columns; a chunk's own digest covers its body. The chunks table keeps its
 * rowid and a separate index: WITHOUT ROWID, the inner pages of the digests' index would hold the beginnings of the bodies, and looking up
 * a chunk took 234 µs there, 3 µs here.
 */
export const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum BLOB) STRICT, WITHOUT ROWID;
${OF_EPOCHS}
CREATE TABLE chunks (digest BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Removes the tables whose content is in the log from the version without epochs on. */
export const DROP_EARLIER = `
DROP TABLE hard_state; DROP TABLE entries; DROP TABLE branch; DROP TABLE certificates; DROP TABLE guard; DROP TABLE log_base;
DROP TABLE proofs;
PRAGMA user_version = ${EPOCHLESS_VERSION};
`;
