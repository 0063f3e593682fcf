/** Tables and pragmas of `replica.db`. A change of the tables, or of the wire version of what is in them, raises {@linkcode SCHEMA_VERSION}. */

/** Version of the tables, kept in `PRAGMA user_version`. Versions 1 and 2 held values of wire version 1. */
export const SCHEMA_VERSION = 3;
/** `PRAGMA application_id` of a replica's database: "BFTR". */
export const APPLICATION_ID = 0x42465452;

/**
 * Set on every connection, before anything is read. The lock is taken with the first read and held until close, so a second process is
 * refused; FULL makes each commit wait for the disk (§4.1).
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

/**
 * Creates all tables of this version.
 *
 * `hash` comes before `body`, so that looking up a hash never reads a long body. `checksum` covers the other columns of rows that no hash
 * chain covers; a chunk's own digest covers its body. The chunks table keeps its rowid and a separate index: WITHOUT ROWID, the inner pages
 * of the digests' index would hold the beginnings of the bodies, and looking up a chunk took 234 µs there, 3 µs here.
 */
export const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE hard_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  current_term INTEGER NOT NULL,
  vote_candidate TEXT, vote_base_term INTEGER, vote_base_index INTEGER, vote_base_hash BLOB,
  ack_index INTEGER, ack_hash BLOB,
  no_more_acks INTEGER NOT NULL,
  pre_voted INTEGER NOT NULL,
  recovery_nonce BLOB, recovery_bar INTEGER,
  checksum BLOB NOT NULL
) STRICT;
CREATE TABLE entries (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE branch (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE certificates (
  kind TEXT PRIMARY KEY CHECK (kind IN ('prepared', 'commit')),
  idx INTEGER NOT NULL, body BLOB NOT NULL, checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum BLOB NOT NULL) STRICT;
CREATE TABLE guard (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  ack_term INTEGER NOT NULL, ack_index INTEGER, ack_hash BLOB, ack_settled INTEGER NOT NULL,
  vote_term INTEGER NOT NULL, vote_body BLOB,
  bar INTEGER NOT NULL,
  checksum BLOB NOT NULL
) STRICT;
CREATE TABLE log_base (id INTEGER PRIMARY KEY CHECK (id = 1), idx INTEGER NOT NULL, hash BLOB, checksum BLOB NOT NULL) STRICT;
CREATE TABLE proofs (
  kind TEXT PRIMARY KEY CHECK (kind IN ('checkpoint', 'transfer')),
  body BLOB NOT NULL, checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE chunks (digest BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;
