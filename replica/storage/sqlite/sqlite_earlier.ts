/**
 * Reading a database of the version that held all durable state. Strict: undecodable content is damage; `verify.ts` checks
 * that everything fits together.
 */
import type { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Certificate, CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { certificateCodec, checkpointProofCodec, entryOf } from "../../../transport/codec/mod.ts";
import type { HardState, Recovered, Recovery, VoteRecord } from "../../core/log/durable_state.ts";
import { damaged } from "../damage.ts";
import type { GuardRecord } from "../guard.ts";
import { readEpochless } from "./sqlite_evidence.ts";
import { blob, decoded, hashOf, int, type Row, text, verifyChecksum } from "./sqlite_row.ts";

/** Columns of `hard_state` that its checksum covers, in order. */
export const HARD_STATE_COLUMNS = [
  "current_term",
  "vote_candidate",
  "vote_base_term",
  "vote_base_index",
  "vote_base_hash",
  "ack_index",
  "ack_hash",
  "no_more_acks",
  "pre_voted",
  "recovery_nonce",
  "recovery_bar",
] as const;
/** Columns of `guard` that its checksum covers, in order. */
export const GUARD_COLUMNS = [
  "ack_term",
  "ack_index",
  "ack_hash",
  "vote_term",
  "vote_body",
  "ack_settled",
  "bar",
] as const;
/** Columns of `log_base` that its checksum covers, in order. */
export const BASE_COLUMNS = ["idx", "hash"] as const;

/** Returns all durable state of the protocol. Throws {@linkcode StorageError} on a row that does not decode. */
export function readRecovered(db: DatabaseSync): Recovered {
  const prepared = readCertificate(db, "prepared");
  const commit = readCertificate(db, "commit");
  return {
    genesis: null,
    hardState: readHardState(db),
    base: readBase(db),
    entries: readChain(db, "entries"),
    prepared: prepared?.certificate ?? null,
    branch: readChain(db, "branch"),
    commitIndex: logIndex(commit?.index ?? 0),
    commitCertificate: commit === null ? null : asCommit(commit.certificate),
    evidence: readEpochless(db).map(({ evidence }) => evidence),
    checkpoint: readProof(db, "checkpoint"),
    transfer: readProof(db, "transfer"),
  };
}

/** Returns the guard's record. */
export function readGuard(db: DatabaseSync): GuardRecord {
  const row = db.prepare("SELECT * FROM guard WHERE id = 1").get();
  if (row === undefined) throw damaged("The record of the last-signed guard is missing");
  verifyChecksum(row, GUARD_COLUMNS, "the last-signed guard");
  return {
    ackTerm: term(int(row, "ack_term")),
    ack: readHead(row),
    ackSettled: int(row, "ack_settled") === 1,
    voteTerm: term(int(row, "vote_term")),
    voteBody: row["vote_body"] === null ? null : blob(row, "vote_body"),
    bar: term(int(row, "bar")),
  };
}

function readHardState(db: DatabaseSync): HardState {
  const row = db.prepare("SELECT * FROM hard_state WHERE id = 1").get();
  if (row === undefined) throw damaged("The hard state is missing");
  verifyChecksum(row, HARD_STATE_COLUMNS, "the hard state");
  return {
    currentTerm: term(int(row, "current_term")),
    vote: readVote(row),
    ack: readHead(row),
    noMoreAcks: int(row, "no_more_acks") === 1,
    preVoted: term(int(row, "pre_voted")),
    recovery: readRecovery(row),
  };
}

function readRecovery(row: Row): Recovery | null {
  if (row["recovery_nonce"] === null) return null;
  const bar = row["recovery_bar"] === null ? null : term(int(row, "recovery_bar"));
  return { nonce: hashOf(row, "recovery_nonce"), bar };
}

/** Returns the point after which the log begins, null for genesis. */
function readBase(db: DatabaseSync): Head | null {
  const row = db.prepare("SELECT * FROM log_base WHERE id = 1").get();
  if (row === undefined) throw damaged("The base of the log is missing");
  verifyChecksum(row, BASE_COLUMNS, "the log's base");
  return row["hash"] === null ? null : { index: logIndex(int(row, "idx")), hash: hashOf(row, "hash") };
}

function readVote(row: Row): VoteRecord | null {
  if (row["vote_candidate"] === null) return null;
  const base = {
    term: term(int(row, "vote_base_term")),
    index: logIndex(int(row, "vote_base_index")),
    hash: hashOf(row, "vote_base_hash"),
  };
  return { candidate: replicaId(text(row, "vote_candidate")), base };
}

function readHead(row: Row): Head | null {
  return row["ack_index"] === null ? null : { index: logIndex(int(row, "ack_index")), hash: hashOf(row, "ack_hash") };
}

function readChain(db: DatabaseSync, table: "entries" | "branch"): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (const row of db.prepare(`SELECT idx, term, hash, body FROM ${table} ORDER BY idx`).iterate()) {
    const body = blob(row, "body");
    const entry = entryOf(logIndex(int(row, "idx")), term(int(row, "term")), body);
    if (entry.requests === null) throw damaged(`Entry ${entry.index} of ${table} is no well-formed list of requests`);
    chain.push({ entry, digest: sha256Hex(body), hash: hashOf(row, "hash") });
  }
  return chain;
}

function readCertificate(db: DatabaseSync, kind: string): { index: number; certificate: Certificate } | null {
  const row = db.prepare("SELECT * FROM certificates WHERE kind = ?").get(kind);
  if (row === undefined) return null;
  verifyChecksum(row, ["kind", "idx", "body"], `the ${kind} certificate`);
  const certificate = decoded(certificateCodec, blob(row, "body"), `${kind} certificate`);
  return { index: int(row, "idx"), certificate };
}

function readProof(db: DatabaseSync, kind: "checkpoint" | "transfer"): CheckpointProof | null {
  const row = db.prepare("SELECT * FROM proofs WHERE kind = ?").get(kind);
  if (row === undefined) return null;
  verifyChecksum(row, ["kind", "body"], `the ${kind}'s proof`);
  return decoded(checkpointProofCodec, blob(row, "body"), `proof of the ${kind}`);
}

function asCommit(certificate: Certificate): CommitCertificate {
  if (certificate.kind === "commit") return certificate;
  throw damaged(`The commit certificate is of kind ${certificate.kind}`);
}
