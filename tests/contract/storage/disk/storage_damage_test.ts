/** Flipped bits and lost tails in the database files: either they are noticed, or nothing that is read has changed. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { replicaId } from "../../../../protocol/ids.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { contentIn, copyDir, lengthOf, openIn, withDir } from "./storage_disk_lab.ts";

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
    const noticed = flipEach(dir, "replica.db", 4096, 6, contentIn(dir));
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

Deno.test("sqlite: a write-ahead log that was cut or is gone is noticed, whatever was in its tail", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    const cases: readonly (readonly [string, () => void])[] = [
      ["a term", () => storage.commit([fx.hardState(2)], [])],
      ["a PreVote", () => storage.commit([fx.hardState(2, { preVoted: fx.vote(9, "r2").term })], [])],
      ["a certificate", () => storage.commit([fx.append(LOG), fx.prepared(2, at(6))], [])],
      ["a commit", () => storage.commit([fx.commit(2, at(4))], [])],
      ["a checkpoint", () => {
        const proof = fx.checkpointProof(2, at(4), SNAPSHOT.stateDigest);
        storage.commit([fx.chunks(SNAPSHOT.chunks), fx.checkpoint(proof)], []);
      }],
      ["a compaction", () => storage.commit([fx.compact(at(3))], [])],
      ["an ack", () => storage.commit([], [fx.acks(2, at(5))])],
      ["a higher ack", () => storage.commit([], [fx.acks(2, at(6))])],
      ["a vote", () => storage.commit([], [fx.voting(fx.vote(2, "r3"))])],
    ];
    for (const [what, commit] of cases) {
      const before = lengthOf(`${dir}/replica.db-wal`);
      commit();
      const copy = `${dir}/${what}`;
      copyDir(dir, copy);
      Deno.truncateSync(`${copy}/replica.db-wal`, before);
      const error = assertThrows(() => openIn(copy), StorageError, "is older than it was", what);
      assertStringIncludes(error.message, "replica --recover");
      // Reopened it says so again, and the whole log beside the same file is as good as it was.
      assertThrows(() => openIn(copy), StorageError, "is older than it was");
      Deno.copyFileSync(`${dir}/replica.db-wal`, `${copy}/replica.db-wal`);
      Deno.copyFileSync(`${dir}/replica.db`, `${copy}/replica.db`);
      openIn(copy).close();
    }
    copyDir(dir, `${dir}/gone`, ["replica.db-wal"]);
    assertThrows(() => openIn(`${dir}/gone`), StorageError);
    storage.close();
  }));

Deno.test("sqlite: an older copy of the database beside the file that knows better is noticed", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    storage.commit([fx.hardState(2), fx.append(LOG)], []);
    storage.close();
    Deno.copyFileSync(`${dir}/replica.db`, `${dir}/older`);
    const again = openIn(dir);
    again.commit([], [fx.acks(2, at(6))]);
    again.close();
    Deno.renameSync(`${dir}/older`, `${dir}/replica.db`);
    const error = assertThrows(() => openIn(dir), StorageError, "term of the last ack 0, its index 0");
    assertStringIncludes(error.message, "had held term of the last ack 2, its index 6");
    assertEquals([error.damaged, error.refused], [true, false]);
  }));

Deno.test("sqlite: a file of what is known that is missing, torn, behind or of another kind keeps nobody from a sound database", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    fill(storage);
    const behind = Deno.readFileSync(`${dir}/replica.known`);
    storage.commit([fx.hardState(5)], []);
    storage.close();
    const wanted = contentIn(dir);
    const torn = Deno.readFileSync(`${dir}/replica.known`);
    torn[30]! ^= 1;
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
