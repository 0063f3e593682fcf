/** Damage in a log: bits, lengths, segments that are gone, exchanged or from another time. Refused, and never read around. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { replicaId } from "../../../../protocol/ids.ts";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { fill } from "./filled_disk.ts";
import { endOf, namesIn, withLastRecord, withSegments } from "./log_lab.ts";
import { contentIn, copyDir, openIn, optionsIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

/** Returns what a copy of `dir` holds whose file `name` is `content`, or the StorageError that refuses it. */
function openedWith(dir: string, name: string, content: Uint8Array): ReturnType<typeof contentIn> | StorageError {
  const copy = `${dir}/copy`;
  copyDir(dir, copy);
  Deno.writeFileSync(`${copy}/${name}`, content);
  try {
    return contentIn(copy);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    assertEquals([error.damaged, error.refused], [true, false], error.message);
    return error;
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  changed[at]! ^= 1 << (bit % 8);
  return changed;
}

Deno.test("log: a bit flipped anywhere in its records is refused, one behind them is refused or changes nothing", () =>
  withDir((dir) => {
    fill(dir);
    const wanted = contentIn(dir);
    const bytes = Deno.readFileSync(`${dir}/${SEGMENT}`);
    const end = endOf(bytes);
    let count = 0;
    for (let at = 0; at < end; at += count % 3 > 0 ? 1 : 41) {
      assert(openedWith(dir, SEGMENT, flipped(bytes, at, count++)) instanceof StorageError, `byte ${at} of ${end}`);
    }
    for (let at = end; at < bytes.length; at += 1537) {
      const found = openedWith(dir, SEGMENT, flipped(bytes, at, count++));
      if (!(found instanceof StorageError)) assertEquals(found, wanted);
    }
    assert(count > 300, `only ${count} flips were tried`);
  }));

Deno.test("⚠ log: a bit flipped in the last record is no write that was cut short, even where nothing else tells of it", () =>
  withDir((dir) => {
    const { bytes, from, to, before } = withLastRecord(dir);
    for (let at = from, bit = 0; at < to; at += 13, bit++) {
      const found = openedWith(dir, SEGMENT, flipped(bytes, at, bit));
      assert(found instanceof StorageError, `byte ${at} of ${from} to ${to}`);
    }
    // What cannot be told from one: a sector that reads as zeros, before the numbers beside the log reach the disk.
    const zeroed = bytes.slice();
    zeroed.fill(0, Math.ceil(from / 512) * 512, Math.ceil(from / 512) * 512 + 512);
    const found = openedWith(dir, SEGMENT, zeroed);
    assertEquals(found instanceof StorageError ? found : found.recovered, before);
    openIn(dir).close();
    assert(openedWith(dir, SEGMENT, zeroed) instanceof StorageError, "now they do");
  }));

Deno.test("⚠ log: damage before the last record is never taken for its end, even where nothing else tells of it", () =>
  withDir((dir) => {
    const { bytes, from } = withLastRecord(dir);
    Deno.removeSync(`${dir}/replica.known`);
    const refused = (changed: Uint8Array, what: string) =>
      assert(openedWith(dir, SEGMENT, changed) instanceof StorageError, what);
    for (let at = 0, bit = 0; at < from; at += 17, bit++) refused(flipped(bytes, at, bit), `bit at ${at}`);
    const zeroed = (at: number, to: number): Uint8Array => bytes.slice().fill(0, at, to);
    let count = 0;
    for (const length of [64, 512]) {
      for (let at = 0; at + length <= from; at += length) {
        if (bytes.subarray(at, at + length).every((byte) => byte === 0)) continue;
        refused(zeroed(at, at + length), `${length} zeros at ${at}`);
        count++;
      }
    }
    assert(count > 20, `${count} runs of zeros`);
    for (let at = 64; at < from; at += 64) refused(zeroed(at, from), `zeros from ${at} to the last record`);
  }));

Deno.test("log: a segment of another length is refused", () =>
  withDir((dir) => {
    fill(dir);
    const bytes = Deno.readFileSync(`${dir}/${SEGMENT}`);
    const end = endOf(bytes);
    for (const length of [0, 1, 63, 64, 500, end - 64, end, bytes.length - 1]) {
      assert(openedWith(dir, SEGMENT, bytes.slice(0, length)) instanceof StorageError, `${length} bytes`);
    }
    const longer = new Uint8Array(bytes.length + 4096);
    longer.set(bytes);
    assert(openedWith(dir, SEGMENT, longer) instanceof StorageError);
    assert(openedWith(dir, SEGMENT, new Uint8Array(bytes.length)) instanceof StorageError);
    assert(openedWith(dir, SEGMENT, new Uint8Array(bytes.length).fill(65)) instanceof StorageError);
  }));

/** Runs `spoil` on a copy of a log of several segments, and asserts that it is refused with a message that has `words`. */
function assertRefused(dir: string, spoil: (copy: string, names: readonly string[]) => void, words: string): void {
  const copy = `${dir}/copy`;
  copyDir(dir, copy);
  spoil(copy, namesIn(copy));
  for (let again = 0; again < 2; again++) {
    const files = namesIn(copy);
    const error = assertThrows(() => openIn(copy), StorageError, words);
    assertEquals([error.damaged, error.refused], [true, false], error.message);
    assertEquals(namesIn(copy), files, "it changed something");
  }
  Deno.removeSync(copy, { recursive: true });
}

Deno.test("⚠ log: segments that are gone, exchanged or of another time are refused", () =>
  withDir((dir) => {
    const names = withSegments(`${dir}/a`);
    copyDir(`${dir}/a`, `${dir}/older`);
    const storage = openIn(`${dir}/a`);
    const end = fx.endOf(storage.load().entries);
    storage.commit([fx.append(fx.grow(end, 2, 1))], []);
    storage.close();
    const [first, second, third, last] = names as [string, string, string, string];
    const refused = (words: string, spoil: (copy: string) => void) => assertRefused(`${dir}/a`, spoil, words);
    for (const gone of [first, second, third]) {
      refused("a segment is gone", (copy) => Deno.removeSync(`${copy}/${gone}`));
    }
    refused("is older than it was", (copy) => Deno.removeSync(`${copy}/${last}`));
    refused("has no segment", (copy) => names.forEach((name) => Deno.removeSync(`${copy}/${name}`)));
    refused("does not follow", (copy) => exchange(`${copy}/${second}`, `${copy}/${third}`));
    refused("does not follow", (copy) => Deno.copyFileSync(`${copy}/${third}`, `${copy}/replica.log-0000000005`));
    refused("is older than it was", (copy) => Deno.copyFileSync(`${dir}/older/${last}`, `${copy}/${last}`));
    const other = withSegments(`${dir}/b`);
    assertEquals(other, names);
    for (const name of names) {
      refused("is damaged", (copy) => Deno.copyFileSync(`${dir}/b/${name}`, `${copy}/${name}`));
    }
    refused("is damaged", (copy) => names.forEach((name) => Deno.copyFileSync(`${dir}/b/${name}`, `${copy}/${name}`)));
    refused("another segment follows", (copy) => zero(`${copy}/${second}`, 60_000));
    refused("another segment follows", (copy) =>
      zero(`${copy}/${second}`, endOf(Deno.readFileSync(`${copy}/${second}`)) - 64));
  }));

function exchange(a: string, b: string): void {
  Deno.renameSync(a, `${a}.x`);
  Deno.renameSync(b, a);
  Deno.renameSync(`${a}.x`, b);
}

/** Writes zeros over a file from `from` on. */
function zero(path: string, from: number): void {
  const bytes = Deno.readFileSync(path);
  bytes.fill(0, from);
  Deno.writeFileSync(path, bytes);
}

Deno.test("log: segments below the base go, and what a crash left of them does no harm", () =>
  withDir((dir) => {
    withSegments(dir);
    const storage = openIn(dir);
    const log = storage.load().entries;
    const [base, snapshot] = [fx.endOf(log.slice(0, -3)), fx.snapshot(fx.chunk("state"))];
    copyDir(dir, `${dir}/before`);
    storage.commit([
      ...[fx.commit(1, base), fx.chunks(snapshot.chunks)],
      ...[fx.checkpoint(fx.checkpointProof(1, base, snapshot.stateDigest)), fx.compact(base)],
    ], []);
    const kept = namesIn(dir);
    assert(kept.length <= 2, `${kept.length} segments for three entries`);
    const wanted = storage.load();
    storage.close();
    const names = namesIn(`${dir}/before`);
    for (const left of [names, names.slice(0, 1), names.slice(-2)]) {
      const copy = `${dir}/left`;
      copyDir(dir, copy);
      for (const name of left.filter((name) => !kept.includes(name))) {
        Deno.copyFileSync(`${dir}/before/${name}`, `${copy}/${name}`);
      }
      assertEquals(contentIn(copy).recovered, wanted);
      assertEquals(namesIn(copy), kept, "they are removed then");
      Deno.removeSync(copy, { recursive: true });
    }
  }));

Deno.test("log: the database of another disk is refused beside it, and so is another owner's log", () =>
  withDir((dir) => {
    fill(`${dir}/a`);
    fill(`${dir}/b`);
    Deno.copyFileSync(`${dir}/a/replica.db`, `${dir}/b/replica.db`);
    assertThrows(() => openIn(`${dir}/b`), StorageError, "holds no record at its beginning");
    const other = { ...optionsIn(`${dir}/c`), replica: replicaId("r2") };
    openDiskStorage(other).close();
    Deno.copyFileSync(`${dir}/c/${SEGMENT}`, `${dir}/a/${SEGMENT}`);
    assertThrows(() => openIn(`${dir}/a`), StorageError, "is damaged");
  }));

Deno.test("log: a long branch that stands is written once a segment and never lost", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    const log = fx.grow(fx.GENESIS, 2, 1);
    const branch = fx.grow(fx.endOf(log), 400, 2, "branch ".repeat(40));
    storage.commit([fx.hardState(3), fx.append(log), fx.prepared(2, fx.endOf(branch), branch)], []);
    const other = fx.grow(fx.endOf(log), 600, 3, "other ".repeat(60));
    for (let from = 0; from < other.length; from += 20) storage.commit([fx.append(other.slice(from, from + 20))], []);
    const wanted = storage.load();
    assertEquals([wanted.branch.length, wanted.entries.length], [400, 602]);
    storage.close();
    assertEquals(contentIn(dir).recovered, wanted);
    const bytes = namesIn(dir).reduce((sum, name) => sum + Deno.statSync(`${dir}/${name}`).size, 0);
    assert(bytes < 3_000_000, `${bytes} bytes`);
  }));

Deno.test("log: a transaction that is larger than any segment has one of its own", () =>
  withDir((dir) => {
    const storage = openIn(dir);
    const log = fx.grow(fx.GENESIS, 100, 1, "x".repeat(60_000));
    storage.commit([fx.hardState(1), fx.append(log)], [fx.acks(1, fx.endOf(log))]);
    const more = fx.grow(fx.endOf(log), 2, 1);
    storage.commit([fx.append(more)], []);
    storage.close();
    assert(namesIn(dir).some((name) => Deno.statSync(`${dir}/${name}`).size > 6_000_000));
    assertEquals(contentIn(dir).recovered.entries, [...log, ...more]);
  }));
