/** Databases written by version 1 are migrated to this version when opened, or left alone. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { logIndex, replicaId, term } from "../../../../protocol/ids.ts";
import type { Recovered } from "../../../../replica/core/output.ts";
import { EMPTY_RECOVERED } from "../../../../replica/storage/empty.ts";
import { checksum, type Column, hashBytes } from "../../../../replica/storage/sqlite/sqlite_row.ts";
import { certificateCodec, evidenceCodec } from "../../../../transport/codec/mod.ts";
import { openIn, optionsIn, withDir } from "./storage_disk_lab.ts";
import * as fx from "../storage_fixtures.ts";
import { GuardError, StorageError } from "../../../../replica/storage/port.ts";
import { openSqliteStorage } from "../../../../replica/storage/sqlite/sqlite_storage.ts";

const LOG = fx.grow(fx.GENESIS, 6, 2);
const BRANCH = fx.grow(fx.endOf(LOG.slice(0, 4)), 3, 3, "branch");
const at = (index: number) => fx.endOf(LOG.slice(0, index));
const VOTE = fx.vote(4, "r2");

/** The tables as version 1 created them. */
const TABLES_1 = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE hard_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  current_term INTEGER NOT NULL,
  vote_candidate TEXT, vote_base_term INTEGER, vote_base_index INTEGER, vote_base_hash BLOB,
  ack_index INTEGER, ack_hash BLOB,
  no_more_acks INTEGER NOT NULL,
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
  ack_term INTEGER NOT NULL, ack_index INTEGER, ack_hash BLOB,
  vote_term INTEGER NOT NULL, vote_body BLOB,
  checksum BLOB NOT NULL
) STRICT;
PRAGMA application_id = ${0x42465452};
PRAGMA user_version = 1;
`;

/** The content of the database of {@linkcode writeVersion1}. */
const HELD: Recovered = {
  ...EMPTY_RECOVERED,
  hardState: {
    ...EMPTY_RECOVERED.hardState,
    currentTerm: term(4),
    vote: { candidate: replicaId("r2"), base: VOTE.base },
    ack: at(5),
    preVoted: term(5), // which version 1 did not write down; of its own accord no replica signs a PreVote for more
  },
  entries: LOG,
  prepared: fx.prepareCertificate(3, fx.endOf(BRANCH)),
  branch: BRANCH,
  commitIndex: logIndex(3),
  commitCertificate: fx.commitCertificate(2, at(3)),
  evidence: [fx.evidence("r4")],
};

/** Writes what version 1 would have, with something of every kind. */
function writeVersion1(dir: string): void {
  const db = new DatabaseSync(`${dir}/replica.db`);
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(TABLES_1);
  const insert = (table: string, columns: readonly Column[], sealed: readonly Column[] | null) => {
    const all = sealed === null ? columns : [...columns, checksum(sealed)];
    db.prepare(`INSERT INTO ${table} VALUES (${all.map(() => "?").join(", ")})`).run(...all);
  };
  insert("meta", ["disk.cluster", fx.CLUSTER], null);
  insert("meta", ["disk.replica", fx.REPLICA], null);
  insert("meta", ["user.last-active", "17"], null);
  const { hash } = VOTE.base;
  const hard: Column[] = [4, "r2", VOTE.base.term, VOTE.base.index, hashBytes(hash), 5, hashBytes(at(5).hash), 0];
  insert("hard_state", [1, ...hard], hard);
  const guard: Column[] = [4, 5, hashBytes(at(5).hash), 4, fx.signed(VOTE).body];
  insert("guard", [1, ...guard], guard);
  for (const [table, chain] of [["entries", LOG], ["branch", BRANCH]] as const) {
    for (const { entry, hash } of chain) {
      insert(table, [entry.index, entry.term, hashBytes(hash), entry.body], null);
    }
  }
  const certificates = [["prepared", 7, HELD.prepared!], ["commit", 3, HELD.commitCertificate!]] as const;
  for (const [kind, index, certificate] of certificates) {
    const columns: Column[] = [kind, index, certificateCodec.encode(certificate)];
    insert("certificates", columns, columns);
  }
  const body = evidenceCodec.encode(HELD.evidence[0]!);
  insert("evidence", [1, body], [body]);
  db.close();
}

function versionOf(dir: string): unknown {
  const db = new DatabaseSync(`${dir}/replica.db`);
  try {
    return db.prepare("PRAGMA user_version").get()?.["user_version"];
  } finally {
    db.close();
  }
}

Deno.test("sqlite: a database of version 1 is brought up to this version with all that it holds", () =>
  withDir((dir) => {
    writeVersion1(dir);
    const storage = openIn(dir);
    assertEquals([storage.load(), storage.getMeta("last-active")], [HELD, "17"]);
    assertEquals([...storage.chunks.digests()], []);
    // The guard has forgotten nothing.
    assertThrows(() => storage.commit([], [fx.voting(fx.vote(4, "r3"))]), GuardError, "already signed is other bytes");
    assertThrows(() => storage.commit([], [fx.acks(3)]), GuardError, "nothing below term 4");
    const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));
    const proof = fx.checkpointProof(2, at(3), stateDigest);
    storage.commit([fx.chunks(chunks), fx.checkpoint(proof), fx.compact(at(3))], [fx.acks(4, at(6))]);
    storage.close();
    assertEquals(versionOf(dir), 2);
    const again = openIn(dir);
    assertEquals(again.load(), { ...HELD, base: at(3), entries: LOG.slice(3), checkpoint: proof });
    again.close();
  }));

for (
  const [what, sql, message] of [
    ["hard state", "UPDATE hard_state SET vote_candidate = NULL", "checksum of the hard state"],
    ["hard state that is missing", "DELETE FROM hard_state", "hard state is missing"],
    ["guard", "UPDATE guard SET vote_term = 3", "checksum of the last-signed guard"],
  ] as const
) {
  Deno.test(`sqlite: a database of version 1 with a damaged ${what} is refused, and is of version 1 still`, () =>
    withDir((dir) => {
      writeVersion1(dir);
      const db = new DatabaseSync(`${dir}/replica.db`);
      db.exec(sql);
      db.close();
      for (let i = 0; i < 2; i++) {
        const error = assertThrows(() => openIn(dir), StorageError, message);
        assertStringIncludes(error.message, "replica --recover");
        assertEquals([error.damaged, versionOf(dir)], [true, 1]);
      }
    }));
}

Deno.test("sqlite: another replica's database of version 1 is left alone", () =>
  withDir((dir) => {
    writeVersion1(dir);
    const other = { ...optionsIn(dir), replica: replicaId("r2") };
    assertThrows(() => openSqliteStorage(other), StorageError, "belongs to cluster contract-cluster replica r1");
    assertEquals(versionOf(dir), 1);
  }));
