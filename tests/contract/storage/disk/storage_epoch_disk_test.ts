/** Epochs on a real disk: cuts and deaths around a beginning, segments that are of no use behind it, and older copies from before it. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { beginRecovery } from "../../../../replica/storage/disk/disk_recover.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { type Storage, StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { dyingAt } from "./file_spy.ts";
import { fill, LOG, SNAPSHOT } from "./filled_disk.ts";
import { endOf, namesIn, withSegments } from "./log_lab.ts";
import { contentIn, copyDir, openIn, optionsIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

/** The genesis behind the commit index of a filled disk. */
const GENESIS = fx.genesisAfter(fx.endOf(LOG.slice(0, 3)), SNAPSHOT.stateDigest);
const HEAD = { index: GENESIS.index, hash: GENESIS.hash };
const BEGIN = fx.beginEpoch(GENESIS, true);

/** Leaves in `dir` a filled disk in its second epoch. */
function fillLater(dir: string): void {
  fill(dir);
  const storage = openIn(dir);
  storage.epochs.put(1, Uint8Array.of(1), Uint8Array.of(2));
  storage.epochs.put(2, Uint8Array.of(3), null);
  storage.commit([BEGIN], []);
  storage.close();
}

/** Appends in `epoch` until the log goes on in a new segment. */
function roll(storage: Storage, dir: string, epoch: number): void {
  const { entries, base } = storage.load();
  let end = entries.length > 0 ? fx.endOf(entries) : base ?? fx.GENESIS;
  const last = namesIn(dir).at(-1);
  while (namesIn(dir).at(-1) === last) {
    const more = fx.grow(end, 20, 1, "segments ".repeat(40));
    end = fx.endOf(more);
    storage.commit([fx.append(more), fx.hardState(1, { ack: end })], [fx.ofEpoch(epoch, fx.acks(1, end))]);
  }
}

/** Returns the kind of the first payload in the first segment of `dir`. */
const headKind = (dir: string): number => Deno.readFileSync(`${dir}/${namesIn(dir)[0]}`)[64]!;

Deno.test("⚠ log: the record that begins an epoch, cut at any byte, leaves the epoch before, whole", () =>
  withDir((dir) => {
    fill(dir);
    const before = contentIn(dir);
    copyDir(dir, `${dir}/running`);
    const storage = openIn(`${dir}/running`);
    const old = Deno.readFileSync(`${dir}/running/${SEGMENT}`);
    storage.commit([BEGIN], []);
    const bytes = Deno.readFileSync(`${dir}/running/${SEGMENT}`);
    storage.close();
    for (let at = endOf(old) + 1; at < endOf(bytes); at += 7) {
      const [copy, torn] = [`${dir}/cut`, [] as string[]];
      copyDir(dir, copy);
      const cut = bytes.slice();
      cut.set(old.subarray(at), at);
      Deno.writeFileSync(`${copy}/${SEGMENT}`, cut);
      const opened = openDiskStorage({ ...optionsIn(copy), onTorn: (what) => torn.push(what) });
      assertEquals([opened.load(), torn.length], [before.recovered, 1], `cut at byte ${at}`);
      opened.commit([BEGIN], []);
      opened.close();
      assertEquals(contentIn(copy).recovered.genesis, GENESIS);
      Deno.removeSync(copy, { recursive: true });
    }
  }));

Deno.test("⚠ disk: whenever a beginning is cut short, the next start is in one epoch or the other, whole", () => {
  const seen = new Set<number>();
  for (let at = 0;; at++) {
    let died = false;
    withDir((dir) => {
      withSegments(dir);
      const { entries } = contentIn(dir).recovered;
      const genesis = fx.genesisAfter(fx.endOf(entries), SNAPSHOT.stateDigest);
      const storage = openIn(dir);
      storage.commit([fx.chunks(SNAPSHOT.chunks)], []);
      died = dyingAt(at, () => storage.commit([fx.beginEpoch(genesis, false)], []));
      copyDir(dir, `${dir}/killed`);
      storage.close();
      const { recovered } = contentIn(`${dir}/killed`);
      seen.add(recovered.genesis?.epoch ?? 1);
      assertEquals(recovered.entries.length, recovered.genesis === null ? entries.length : 0);
      assert(!died || namesIn(`${dir}/killed`).length >= 1);
      if (recovered.genesis !== null) assertEquals(namesIn(`${dir}/killed`).length, 1);
    });
    if (!died) break;
  }
  assertEquals([...seen].toSorted(), [1, 2]);
});

Deno.test("log: what is of the epoch before goes at once, however far it reached, and the genesis stays", () =>
  withDir((dir) => {
    withSegments(dir);
    const storage = openIn(dir);
    const long = storage.load().entries;
    // Its end is far behind the genesis: entries that were never committed.
    const genesis = fx.genesisAfter(fx.endOf(long.slice(0, 9)), SNAPSHOT.stateDigest);
    assertEquals(headKind(dir), 2);
    storage.commit([fx.chunks(SNAPSHOT.chunks), fx.beginEpoch(genesis, true)], []);
    assertEquals(namesIn(dir).length, 1);
    for (let i = 0; i < 2; i++) roll(storage, dir, 2);
    const { entries } = storage.load();
    const [end, proof] = [fx.endOf(entries), fx.checkpointProof(1, fx.endOf(entries), SNAPSHOT.stateDigest)];
    storage.commit([fx.commit(1, end), fx.checkpoint(proof), fx.compact(end)], []);
    assertEquals([namesIn(dir).length, headKind(dir)], [1, 3]);
    const wanted = storage.load();
    storage.close();
    assertEquals(contentIn(dir).recovered, wanted);
    assertEquals(wanted.genesis, genesis);
  }));

Deno.test("⚠ disk: a log from before the beginning is an older copy, whatever terms and indexes it had reached", () =>
  withDir((dir) => {
    fill(dir);
    Deno.copyFileSync(`${dir}/${SEGMENT}`, `${dir}/copy`);
    const known = Deno.readFileSync(`${dir}/replica.known`);
    const storage = openIn(dir);
    storage.commit([BEGIN], []);
    storage.close();
    const later = Deno.readFileSync(`${dir}/${SEGMENT}`);
    Deno.copyFileSync(`${dir}/copy`, `${dir}/${SEGMENT}`);
    const error = assertThrows(() => openIn(dir), StorageError, "it holds epoch 1, and had held epoch 2");
    assert(error.damaged);
    // The other way round a power cut leaves it: the numbers beside the log lag behind.
    Deno.writeFileSync(`${dir}/${SEGMENT}`, later);
    Deno.writeFileSync(`${dir}/replica.known`, known);
    assertEquals(contentIn(dir).recovered.genesis, GENESIS);
  }));

Deno.test("⚠ disk: writes are counted over all epochs, so a later epoch on a log that lost its tail is refused", () =>
  withDir((dir) => {
    fillLater(dir);
    const text = new TextDecoder().decode(Deno.readFileSync(`${dir}/replica.known`)).trim().split(" ");
    const numbers = text.slice(1, -1).map(Number);
    const write = (changed: readonly number[]) => {
      const line = [text[0], ...changed].join(" ");
      const sum = sha256Hex(new TextEncoder().encode(line));
      Deno.writeTextFileSync(`${dir}/replica.known`, `${line} ${sum}`.padEnd(512));
    };
    const [epoch, term, records] = [0, 2, numbers.length - 4];
    write(numbers.with(epoch, 1).with(term, 99));
    assertEquals(contentIn(dir).recovered.genesis, GENESIS);
    write(numbers.with(term, 99));
    assertThrows(() => openIn(dir), StorageError, "it holds term 0, and had held term 99");
    write(numbers.with(epoch, 1).with(records, 99));
    assertThrows(() => openIn(dir), StorageError, "had held number of records 99");
  }));

Deno.test("disk: a damaged epoch in the archive is an error, the others are read, and a recovery may replace it", () => {
  const damages = ["roster = x'07'", `"end" = NULL`, "checksum = x'00'", "epoch = 9"];
  for (const damage of damages) {
    withDir((dir) => {
      fillLater(dir);
      using db = new DatabaseSync(`${dir}/replica.db`);
      db.exec(`UPDATE epochs SET ${damage} WHERE epoch = 1`);
      db.close();
      const storage = openIn(dir);
      const damaged = storage.epochs.list().includes(9) ? 9 : 1;
      const error = assertThrows(() => storage.epochs.read(damaged), StorageError, `epoch ${damaged} in the archive`);
      assert(error.damaged && !error.refused);
      assertThrows(() => storage.epochs.put(damaged, Uint8Array.of(1), null), StorageError, "in the archive");
      assertEquals(storage.epochs.read(2), { roster: Uint8Array.of(3), end: null });
      storage.close();
      const { aside, reason } = beginRecovery(optionsIn(dir), fx.GENESIS.hash);
      assert(aside.length > 0);
      assertStringIncludes(reason ?? "", "in the archive");
    });
  }
});

Deno.test("disk: an archive that the disk refuses to write ends the storage, and holds what it held", () =>
  withDir((dir) => {
    fillLater(dir);
    const storage = openDiskStorage({ ...optionsIn(dir), maxPages: 40 });
    const error = assertThrows(() => storage.epochs.put(3, new Uint8Array(400_000), null), StorageError, "full");
    assert(error.refused);
    assertThrows(() => storage.epochs.list(), StorageError, "failed before");
    storage.close();
    const again = openIn(dir);
    assertEquals(again.epochs.list(), [1, 2]);
    again.commit([fx.append(fx.grow(HEAD, 1, 1)), fx.hardState(1)], []);
    again.close();
  }));
