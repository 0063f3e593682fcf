/**
 * Writes that were cut short. Only the last record of a log can be, since each waits for the one before, and nothing rests on one that is
 * not durable. It is left out, and what is written later is found again, also after a second cut.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { openDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { StorageError } from "../../../../replica/storage/port.ts";
import { commitTwo, type LastRecord, withLastRecord } from "./log_lab.ts";
import { contentIn, copyDir, openIn, optionsIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

/** The segment with all of the last record's bytes from `at` on as they were. */
function cutAt({ bytes, old }: LastRecord, at: number): Uint8Array<ArrayBuffer> {
  const cut = bytes.slice();
  cut.set(old.subarray(at), at);
  return cut;
}

/** Opens a copy of `dir` whose segment is `segment`; returns what it holds and what was said to be cut short. */
function opened(dir: string, segment: Uint8Array): { readonly length: number; readonly torn: readonly string[] } {
  const copy = `${dir}/copy`;
  copyDir(dir, copy);
  Deno.writeFileSync(`${copy}/${SEGMENT}`, segment);
  const torn: string[] = [];
  try {
    const storage = openDiskStorage({ ...optionsIn(copy), onTorn: (what) => torn.push(what) });
    const { entries } = storage.load();
    storage.close();
    return { length: entries.length, torn };
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

Deno.test("log: a last record cut at any byte is left out, and said so", () =>
  withDir((dir) => {
    const last = withLastRecord(dir);
    const [before, after] = [last.before.entries.length, last.after.entries.length];
    assertEquals(opened(dir, last.bytes), { length: after, torn: [] });
    assertEquals(opened(dir, last.old), { length: before, torn: [] });
    assert(last.to - last.from > 1024, "it lies in several sectors");
    for (let at = last.from + 1; at < last.to; at += at < last.from + 70 || at > last.to - 70 ? 3 : 37) {
      const { length, torn } = opened(dir, cutAt(last, at));
      assertEquals([length, torn.length], [before, 1], `cut at byte ${at}`);
      assertStringIncludes(torn[0]!, `${SEGMENT}: a write after record 4 was cut short at byte ${last.from}`);
    }
  }));

Deno.test("log: of a last record any of its sectors may have been written, in any order", () =>
  withDir((dir) => {
    const last = withLastRecord(dir);
    const [first, end] = [Math.floor(last.from / 512), Math.ceil(last.to / 512)];
    const subsets = fc.array(fc.boolean(), { minLength: end - first, maxLength: end - first });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(subsets, (written) => {
        const segment = last.old.slice();
        written.forEach((isWritten, i) => {
          const at = (first + i) * 512;
          if (isWritten) segment.set(last.bytes.subarray(at, at + 512), at);
        });
        const whole = written.every((isWritten) => isWritten);
        const { length, torn } = opened(dir, segment);
        assertEquals(length, (whole ? last.after : last.before).entries.length);
        assertEquals(torn.length, whole || !written.includes(true) ? 0 : 1);
        seen.add(whole);
      }),
      { numRuns: 60, examples: [[Array(end - first).fill(true)], [Array(end - first).fill(false)]] },
    );
    assertEquals(seen.size, 2);
  }));

Deno.test("⚠ log: a cut of what was reported is no write that was cut short, wherever it is", () =>
  withDir((dir) => {
    const last = withLastRecord(dir);
    // Its process went on until something told of it.
    openIn(dir).close();
    for (let at = last.from; at < last.to; at += 61) {
      const error = assertThrows(() => opened(dir, cutAt(last, at)), StorageError);
      assertEquals([error.damaged, error.refused], [true, false], `cut at byte ${at}: ${error.message}`);
    }
  }));

Deno.test("⚠ log: what is written after a cut is found again, and after a second cut what was durable before that", () =>
  withDir((dir) => {
    const last = withLastRecord(dir);
    for (const at of [last.from + 10, last.from + 300, last.to - 1]) {
      const copy = `${dir}/at ${at}`;
      copyDir(dir, copy);
      Deno.writeFileSync(`${copy}/${SEGMENT}`, cutAt(last, at));
      const storage = openIn(copy);
      let log = [...storage.load().entries];
      log = commitTwo(storage, log, "other");
      log = commitTwo(storage, log, "other");
      const known = Deno.readFileSync(`${copy}/replica.known`);
      const old = Deno.readFileSync(`${copy}/${SEGMENT}`);
      commitTwo(storage, log, "other ".repeat(99));
      const bytes = Deno.readFileSync(`${copy}/${SEGMENT}`);
      storage.close();
      const from = last.from + 512 * 4;
      bytes.set(old.subarray(from), from);
      Deno.writeFileSync(`${copy}/${SEGMENT}`, bytes);
      Deno.writeFileSync(`${copy}/replica.known`, known);
      assertEquals(contentIn(copy).recovered.entries, log);
      const again = openIn(copy);
      log = commitTwo(again, log, "third");
      again.close();
      assertEquals(contentIn(copy).recovered.entries, log);
    }
  }));
