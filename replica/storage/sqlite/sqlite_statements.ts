/** The prepared statements that write, one for each kind of change. Every call is made inside a transaction. */
import type { DatabaseSync } from "node:sqlite";
import type { Certificate, CheckpointProof } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import type { Digest, LogIndex, Term } from "../../../protocol/ids.ts";
import { term } from "../../../protocol/ids.ts";
import { certificateCodec, checkpointProofCodec, evidenceCodec } from "../../../transport/codec/mod.ts";
import type { HardState } from "../../core/log/durable_state.ts";
import type { GuardRecord } from "../guard.ts";
import { checksum, type Column, hashBytes, hashOf, int } from "./sqlite_row.ts";

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

/** Returns a statement that puts one row of `columns` and their checksum at id 1. */
function singleRow(table: string, columns: readonly string[]): string {
  return `INSERT OR REPLACE INTO ${table} (id, ${columns.join(", ")}, checksum) VALUES (1${
    ", ?".repeat(columns.length + 1)
  })`;
}

export class Statements {
  readonly #begin;
  readonly #commit;
  readonly #insertEntry;
  readonly #insertBranch;
  readonly #truncate;
  readonly #compact;
  readonly #branchHash;
  readonly #cutBranch;
  readonly #clearBranch;
  readonly #trimBranch;
  readonly #branchSpan;
  readonly #entryAt;
  readonly #putCertificate;
  readonly #putProof;
  readonly #deleteProof;
  readonly #putEvidence;
  readonly #putBase;
  readonly #putHardState;
  readonly #putGuard;
  readonly #putMeta;
  readonly #getMeta;

  constructor(db: DatabaseSync) {
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#insertEntry = db.prepare("INSERT INTO entries (idx, term, hash, body) VALUES (?, ?, ?, ?)");
    this.#insertBranch = db.prepare("INSERT INTO branch (idx, term, hash, body) VALUES (?, ?, ?, ?)");
    this.#truncate = db.prepare("DELETE FROM entries WHERE idx > ?");
    this.#compact = db.prepare("DELETE FROM entries WHERE idx <= ?");
    this.#branchHash = db.prepare("SELECT hash FROM branch WHERE idx = ?");
    this.#cutBranch = db.prepare("DELETE FROM branch WHERE idx <= ?");
    this.#clearBranch = db.prepare("DELETE FROM branch");
    this.#trimBranch = db.prepare("DELETE FROM branch WHERE idx < ? OR idx > ?");
    this.#branchSpan = db.prepare("SELECT min(idx) AS lowest, max(idx) AS highest FROM branch");
    this.#entryAt = db.prepare("SELECT term, hash FROM entries WHERE idx = ?");
    this.#putCertificate = db.prepare(
      "INSERT OR REPLACE INTO certificates (kind, idx, body, checksum) VALUES (?, ?, ?, ?)",
    );
    this.#putProof = db.prepare("INSERT OR REPLACE INTO proofs (kind, body, checksum) VALUES (?, ?, ?)");
    this.#deleteProof = db.prepare("DELETE FROM proofs WHERE kind = ?");
    this.#putEvidence = db.prepare("INSERT INTO evidence (body, checksum) VALUES (?, ?)");
    this.#putBase = db.prepare(singleRow("log_base", BASE_COLUMNS));
    this.#putHardState = db.prepare(singleRow("hard_state", HARD_STATE_COLUMNS));
    this.#putGuard = db.prepare(singleRow("guard", GUARD_COLUMNS));
    this.#putMeta = db.prepare("INSERT OR REPLACE INTO meta (name, value, checksum) VALUES (?, ?, ?)");
    this.#getMeta = db.prepare("SELECT value FROM meta WHERE name = ?");
  }

  /** Begins a transaction. */
  begin(): void {
    this.#begin.run();
  }

  /** Ends it: on return it is durable, if commits wait for the disk. */
  commit(): void {
    this.#commit.run();
  }

  append(entries: readonly ChainedEntry[]): void {
    for (const { entry, hash } of entries) {
      this.#insertEntry.run(entry.index, entry.term, hashBytes(hash), entry.body);
    }
  }

  truncate(after: LogIndex): void {
    this.#truncate.run(after);
  }

  /** Removes the entries at or below `base`, of the log and of the branch: see `branchAbove`. */
  compact(base: Head): void {
    this.#compact.run(base.index);
    this.#moveBase(base);
  }

  /** Removes the whole log; the next entry attaches to `base`. */
  restart(base: Head): void {
    this.#truncate.run(0);
    this.#moveBase(base);
  }

  #moveBase(base: Head): void {
    this.putBase(base);
    const beside = this.#branchHash.get(base.index);
    const changed = this.#cutBranch.run(base.index).changes;
    if (changed > 0 && (beside === undefined || hashOf(beside, "hash") !== base.hash)) this.#clearBranch.run();
  }

  putBase(base: Head | null): void {
    const columns: Column[] = [base?.index ?? 0, base === null ? null : hashBytes(base.hash)];
    this.#putBase.run(...columns, checksum(columns));
  }

  /** Makes `entries` the branch, and writes only what changes: a log that grows over a long branch takes its rows off once. */
  replaceBranch(entries: readonly ChainedEntry[]): void {
    const first = entries[0]?.entry.index;
    if (first === undefined) return void this.#clearBranch.run();
    const span = this.#branchSpan.get();
    const lowest = Number(span?.["lowest"] ?? first);
    const kept = this.#highestHeld(entries, first, Math.max(first, lowest), Number(span?.["highest"] ?? 0));
    this.#trimBranch.run(first, kept);
    for (const { entry, hash } of entries) {
      if (entry.index >= lowest && entry.index <= kept) continue;
      this.#insertBranch.run(entry.index, entry.term, hashBytes(hash), entry.body);
    }
  }

  /** The highest of `entries` that the branch holds, from `lowest` on: a chain that shares one hash shares all below (§3.1). */
  #highestHeld(entries: readonly ChainedEntry[], first: number, lowest: number, highest: number): number {
    for (let index = Math.min(highest, first + entries.length - 1); index >= lowest; index--) {
      const row = this.#branchHash.get(index);
      if (row !== undefined && hashOf(row, "hash") === entries[index - first]!.hash) return index;
    }
    return lowest - 1;
  }

  hashAt(index: LogIndex): Digest | null {
    const row = this.#entryAt.get(index);
    return row === undefined ? null : hashOf(row, "hash");
  }

  /** Returns the term of the entry at `index`, 0 if there is none. */
  termAt(index: LogIndex): Term {
    const row = this.#entryAt.get(index);
    return term(row === undefined ? 0 : int(row, "term"));
  }

  /** Stores a certificate; `index` is the commit index for a commit certificate, otherwise the certificate's own. */
  putCertificate(kind: "prepared" | "commit", index: LogIndex, certificate: Certificate): void {
    const body = certificateCodec.encode(certificate);
    this.#putCertificate.run(kind, index, body, checksum([kind, index, body]));
  }

  /** Replaces the proof of a kind, or removes it. */
  putProof(kind: "checkpoint" | "transfer", proof: CheckpointProof | null): void {
    if (proof === null) {
      this.#deleteProof.run(kind);
      return;
    }
    const body = checkpointProofCodec.encode(proof);
    this.#putProof.run(kind, body, checksum([kind, body]));
  }

  putEvidence(evidence: Evidence): void {
    const body = evidenceCodec.encode(evidence);
    this.#putEvidence.run(body, checksum([body]));
  }

  putHardState({ currentTerm, vote, ack, noMoreAcks, preVoted, recovery }: HardState): void {
    const base = vote?.base;
    const columns: Column[] = [
      currentTerm,
      vote?.candidate ?? null,
      base?.term ?? null,
      base?.index ?? null,
      base === undefined ? null : hashBytes(base.hash),
      ack?.index ?? null,
      ack === null ? null : hashBytes(ack.hash),
      noMoreAcks ? 1 : 0,
      preVoted,
      recovery === null ? null : hashBytes(recovery.nonce),
      recovery?.bar ?? null,
    ];
    this.#putHardState.run(...columns, checksum(columns));
  }

  putGuard({ ackTerm, ack, ackSettled, voteTerm, voteBody, bar }: GuardRecord): void {
    const columns: Column[] = [
      ackTerm,
      ack?.index ?? null,
      ack === null ? null : hashBytes(ack.hash),
      voteTerm,
      voteBody,
      ackSettled ? 1 : 0,
      bar,
    ];
    this.#putGuard.run(...columns, checksum(columns));
  }

  putMeta(name: string, value: string): void {
    this.#putMeta.run(name, value, checksum([name, value]));
  }

  getMeta(name: string): string | null {
    const value = this.#getMeta.get(name)?.["value"];
    return typeof value === "string" ? value : null;
  }
}
