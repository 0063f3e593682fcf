/** Flipped bits and lost tails in database and log: either they are noticed, or nothing that is read has changed. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { replicaId } from "../../../../protocol/ids.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { contentIn, copyDir, openIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

const LOG = fx.grow(fx.GENESIS, 6, 2);
const BRANCH = fx.grow(fx.endOf(LOG.slice(0, 4)), 3, 3, "branch");
const SNAPSHOT = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 20_000), fx.chunk("more", 9000));
const at = (index: number) => fx.endOf(LOG.slice(0, index));

/** Writes something of every kind, the last of it in a separate transaction. */
function fill(storage: Storage): void {
  const vote = fx.vote(4, "r2");
  storage.commit([fx.hardState(2), fx.append(LOG), fx.commit(2, at(3)), fx.chunks(SNAPSHOT.chunks)], []);
  storage.setMeta("last-active", "17");
  storage.commit([
    fx.checkpoint(fx.checkpointProof(2, at(3), SNAPSHOT.stateDigest)),
    fx.compact(at(2)),
    fx.transfer(fx.checkpointProof(2, at(6), SNAPSHOT.stateDigest)),
    { op: "evidence", evidence: fx.evidence("r4") },
  ], []);
  storage.commit([
    fx.hardState(4, { vote: { candidate: replicaId("r2"), base: vote.base }, ack: at(6) }),
    fx.prepared(3, fx.endOf(BRANCH), BRANCH),
    fx.commit(2, at(4)),
  ], [fx.voting(vote), fx.acks(4, at(6))]);
}

/** Yields offsets in every page, over its header and its cells. */
function* offsets(length: number, page: number, perPage: number): Generator<number> {
  for (let start = 0; start < length; start += page) {
    for (let i = 0; i < perPage; i++) {
      // The first bytes of a page say what it is, so every other flip is there.
      const within = i % 2 === 0 ? (start / page * 7 + i * 3) % 24 : (start / page * 577 + i * 1361) % page;
      if (start + within < length) yield start + within;
    }
  }
}

/** Flips one bit at each offset of a file, and asserts that it is noticed or harmless; returns how many were noticed. */
function flipEach(
  dir: string,
  file: string,
  page: number,
  perPage: number,
  wanted: ReturnType<typeof contentIn>,
): number {
  const bytes = Deno.readFileSync(`${dir}/${file}`);
  let [noticed, count] = [0, 0];
  for (const offset of offsets(bytes.length, page, perPage)) {
    withDir((copy) => {
      copyDir(dir, copy);
      const changed = bytes.slice();
      changed[offset]! ^= 1 << (count++ % 8);
      Deno.writeFileSync(`${copy}/${file}`, changed);
      try {
        assertEquals(contentIn(copy), wanted, `byte ${offset} of ${file} changed what is read`);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        assert(!error.refused, `byte ${offset} of ${file}: ${error.message}`);
        noticed++;
      }
    });
  }
  assert(count > 50, `only ${count} flips were tried`);
  return noticed;
}

Deno.test("sqlite: a bit flipped in any page of the database is noticed, or changes nothing that is read", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    fill(storage);
    storage.close();
    const noticed = flipEach(dir, "replica.db", 4096, 9, contentIn(dir));
    assert(noticed > 60, `${noticed} flips were noticed`);
  }));

Deno.test("sqlite: a bit flipped in any frame of the write-ahead log is noticed, or changes nothing that is read", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    fill(storage);
    copyDir(dir, `${dir}/crashed`);
    storage.close();
    const noticed = flipEach(`${dir}/crashed`, "replica.db-wal", 4096 + 24, 5, contentIn(dir));
    assert(noticed > 60, `${noticed} flips were noticed`);
  }));

/** Commits that change one number each of what a replica must not forget. */
const CHANGES: readonly (readonly [string, (storage: Storage) => void])[] = [
  ["a term", (storage) => storage.commit([fx.hardState(2)], [])],
  ["a PreVote", (storage) => storage.commit([fx.hardState(2, { preVoted: fx.vote(9, "r2").term })], [])],
  ["a certificate", (storage) => storage.commit([fx.append(LOG), fx.prepared(2, at(6))], [])],
  ["a commit", (storage) => storage.commit([fx.commit(2, at(4))], [])],
  ["a checkpoint", (storage) => {
    const proof = fx.checkpointProof(2, at(4), SNAPSHOT.stateDigest);
    storage.commit([fx.chunks(SNAPSHOT.chunks), fx.checkpoint(proof)], []);
  }],
  ["a compaction", (storage) => storage.commit([fx.compact(at(3))], [])],
  ["an ack", (storage) => storage.commit([], [fx.acks(2, at(5))])],
  ["a higher ack", (storage) => storage.commit([], [fx.acks(2, at(6))])],
  ["a vote", (storage) => storage.commit([], [fx.voting(fx.vote(2, "r3"))])],
  ["an entry", (storage) => storage.commit([fx.append(fx.grow(at(6), 1, 2))], [])],
  ["a named value", (storage) => storage.setMeta("last-active", "18")],
];

Deno.test("disk: an older copy of log or database beside the file that knows better is noticed, whatever it lacks", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    for (const [what, commit] of CHANGES) {
      copyDir(dir, `${dir}/before`);
      commit(storage);
      const names = what === "a named value" ? ["replica.db", "replica.db-wal"] : [SEGMENT];
      const copy = `${dir}/${what}`;
      copyDir(dir, copy);
      for (const name of names) Deno.copyFileSync(`${dir}/before/${name}`, `${copy}/${name}`);
      const error = assertThrows(() => openIn(copy), StorageError, "is older than it was", what);
      assertStringIncludes(error.message, "replica --recover");
      assertEquals([error.damaged, error.refused], [true, false]);
      // Opened again it says so again, and what it lacked beside it is as good as it was.
      assertThrows(() => openIn(copy), StorageError, "is older than it was");
      for (const name of names) Deno.copyFileSync(`${dir}/${name}`, `${copy}/${name}`);
      openIn(copy).close();
    }
    storage.close();
  }));

Deno.test("disk: SQLite's log of recent writes that is gone is noticed", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    storage.setMeta("last-active", "1");
    copyDir(dir, `${dir}/gone`, ["replica.db-wal"]);
    assertThrows(() => openIn(`${dir}/gone`), StorageError, "it holds number of writes to the database 0");
    storage.close();
  }));

Deno.test("disk: a file of what is known that is missing, torn, behind or of another kind keeps nobody from a sound database", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    fill(storage);
    const behind = Deno.readFileSync(`${dir}/replica.known`);
    storage.commit([fx.hardState(5)], []);
    storage.close();
    const wanted = contentIn(dir);
    const torn = Deno.readFileSync(`${dir}/replica.known`);
    torn[30]! ^= 1;
    assertEquals(torn.length, 512);
    for (const content of [null, new Uint8Array(), torn.slice(0, 40), torn, behind, new Uint8Array(9000)]) {
      Deno.removeSync(`${dir}/replica.known`);
      if (content !== null) Deno.writeFileSync(`${dir}/replica.known`, content);
      assertEquals(contentIn(dir), wanted);
    }
  }));

Deno.test("sqlite: a damaged chunk is noticed when it is read, and named", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    fill(storage);
    storage.close();
    const bytes = Deno.readFileSync(`${dir}/replica.db`);
    // The first part of a row may have been moved within its page and left a copy; the last lies in a page of its own.
    const place = new TextDecoder("latin1").decode(bytes).lastIndexOf("pagespages");
    bytes[place]! ^= 4;
    Deno.writeFileSync(`${dir}/replica.db`, bytes);
    const again = openIn(dir);
    const { digest } = SNAPSHOT.chunks[1]!;
    const error = assertThrows(() => again.chunks.read(digest), StorageError, `Chunk ${digest}`);
    assertEquals([error.damaged, error.refused], [true, false]);
    assertStringIncludes(error.message, "replica --recover");
    assertEquals(again.chunks.read(SNAPSHOT.chunks[0]!.digest), SNAPSHOT.chunks[0]!.bytes);
    again.close();
  }));
