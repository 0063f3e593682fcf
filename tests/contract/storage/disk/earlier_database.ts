/** A data directory as the version of the program before the log of our own left it: one database with everything in it. */
import { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { ChainedEntry, Head } from "../../../../protocol/entry.ts";
import type { Chunk } from "../../../../protocol/ports.ts";
import type { Recovered } from "../../../../replica/core/log/durable_state.ts";
import type { GuardRecord } from "../../../../replica/storage/guard.ts";
import { checksum, type Column, hashBytes } from "../../../../replica/storage/sqlite/sqlite_row.ts";
import { APPLICATION_ID } from "../../../../replica/storage/sqlite/sqlite_schema.ts";
import { certificateCodec, checkpointProofCodec, evidenceCodec } from "../../../../transport/codec/mod.ts";
import * as fx from "../storage_fixtures.ts";

const TABLES = `
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
PRAGMA user_version = 3;
`;

/** The content of such a directory. */
export interface EarlierDisk {
  readonly recovered: Recovered;
  readonly guard: GuardRecord;
  readonly chunks: readonly Chunk[];
  readonly meta: Readonly<Record<string, string>>;
  /** Default: those of the fixtures. */
  readonly owner?: { readonly cluster: string; readonly replica: string };
}

/** Writes `disk` into `dir`. The last write is left in SQLite's own log, as a killed process leaves it, if `killed`. */
export function writeEarlier(dir: string, disk: EarlierDisk, killed: boolean): void {
  const place = killed ? `${dir}/scratch` : dir;
  Deno.mkdirSync(place, { recursive: true });
  const db = new DatabaseSync(`${place}/replica.db`);
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(`BEGIN; ${TABLES} COMMIT`);
  if (!killed) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  fill(db, disk);
  if (killed) {
    for (const name of ["replica.db", "replica.db-wal"]) Deno.copyFileSync(`${place}/${name}`, `${dir}/${name}`);
  }
  db.close();
  if (killed) Deno.removeSync(place, { recursive: true });
  writeKnown(dir, disk);
}

function fill(db: DatabaseSync, { recovered, guard, chunks, meta, owner }: EarlierDisk): void {
  const { base, prepared, commitCertificate, commitIndex, checkpoint, transfer } = recovered;
  const put = (table: string, ...columns: Column[]) =>
    db.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => "?").join(", ")})`).run(...columns);
  const summed = (table: string, ...columns: Column[]) => put(table, ...columns, checksum(columns));
  const single = (table: string, ...columns: Column[]) => put(table, 1, ...columns, checksum(columns));
  db.exec("BEGIN");
  for (const [name, value] of Object.entries(meta)) summed("meta", name, value);
  summed("meta", "disk.cluster", owner?.cluster ?? fx.CLUSTER);
  summed("meta", "disk.replica", owner?.replica ?? fx.REPLICA);
  single("hard_state", ...hardStateColumns(recovered));
  putGuard(db, guard);
  single("log_base", base?.index ?? 0, base === null ? null : hashBytes(base.hash));
  putChain(db, "entries", recovered.entries);
  putChain(db, "branch", recovered.branch);
  if (prepared !== null) summed("certificates", "prepared", prepared.index, certificateCodec.encode(prepared));
  if (commitCertificate !== null) {
    summed("certificates", "commit", commitIndex, certificateCodec.encode(commitCertificate));
  }
  if (checkpoint !== null) summed("proofs", "checkpoint", checkpointProofCodec.encode(checkpoint));
  if (transfer !== null) summed("proofs", "transfer", checkpointProofCodec.encode(transfer));
  recovered.evidence.forEach((piece, i) => {
    const body = evidenceCodec.encode(piece);
    put("evidence", i + 1, body, checksum([body]));
  });
  for (const { digest, bytes } of chunks) put("chunks", hashBytes(digest), bytes);
  db.exec("COMMIT");
}

const headColumns = (head: Head | null): Column[] => [head?.index ?? null, head === null ? null : hashBytes(head.hash)];

function hardStateColumns(
  { hardState: { currentTerm, vote, ack, noMoreAcks, preVoted, recovery } }: Recovered,
): Column[] {
  const base = vote?.base;
  return [
    ...[currentTerm, vote?.candidate ?? null, base?.term ?? null, base?.index ?? null],
    ...[base === undefined ? null : hashBytes(base.hash), ...headColumns(ack), noMoreAcks ? 1 : 0, preVoted],
    ...[recovery === null ? null : hashBytes(recovery.nonce), recovery?.bar ?? null],
  ];
}

/** The checksum covers the columns in another order than the table's. */
function putGuard(db: DatabaseSync, { ackTerm, ack, ackSettled, voteTerm, voteBody, bar }: GuardRecord): void {
  const columns: Column[] = [ackTerm, ...headColumns(ack), voteTerm, voteBody, ackSettled ? 1 : 0, bar];
  db.prepare(
    "INSERT INTO guard (id, ack_term, ack_index, ack_hash, vote_term, vote_body, ack_settled, bar, checksum) " +
      "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
  ).run(...columns, checksum(columns));
}

function putChain(db: DatabaseSync, table: string, chain: readonly ChainedEntry[]): void {
  const insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?)`);
  for (const { entry: { index, term, body }, hash } of chain) insert.run(index, term, hashBytes(hash), body);
}

/** Writes the numbers of what was durable last, as that version did. */
function writeKnown(dir: string, { recovered, guard }: EarlierDisk): void {
  const { hardState, commitIndex, checkpoint, base, prepared } = recovered;
  const numbers = [
    ...[
      hardState.currentTerm,
      0,
      hardState.preVoted,
      0,
      commitIndex,
      0,
      checkpoint?.stable.index ?? 0,
      0,
      base?.index ?? 0,
      0,
    ],
    ...[guard.voteTerm, 0, prepared?.term ?? 0, prepared?.index ?? 0, guard.ackTerm, guard.ack?.index ?? 0],
  ];
  const text = ["bft-raft-last-known-1", ...numbers].join(" ");
  const sum = sha256Hex(new TextEncoder().encode(text));
  Deno.writeTextFileSync(`${dir}/replica.known`, `${text} ${sum}`.padEnd(512));
}
