import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import { assertSettled, keyAt, type Write, writes } from "../../tests/support/kv/page_values.ts";
import { compareUtf8 } from "../compare_utf8.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { Page } from "./page.ts";
import { PageList } from "./page_list.ts";
import { type KvRecord, kvRecord } from "./record.ts";

/** Performs `write` as the `revision`th. */
function change(list: PageList, { key, bytes }: Write, revision: number): void {
  if (bytes === null) list.delete(keyAt(key));
  else list.set(kvRecord(keyAt(key), revision, new Uint8Array(bytes).fill(revision)));
}
const shape = (list: PageList) => list.freeze().map((page) => page.records.map((record) => record.key));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(6, "0"));

Deno.test("a page list answers like a sorted map, and its pages are settled after every write", () => {
  fc.assert(
    fc.property(writes, fc.nat({ max: 25 }), fc.boolean(), (given, from, freezes) => {
      const [list, model] = [new PageList(), new Map<string, KvRecord>()];
      for (const [i, write] of given.entries()) {
        const key = keyAt(write.key);
        if (write.bytes === null) {
          assertEquals(list.delete(key), model.delete(key));
        } else {
          const record = kvRecord(key, i + 1, new Uint8Array(write.bytes));
          list.set(record);
          model.set(key, record);
        }
        assertEquals([list.size, list.get(key)], [model.size, model.get(key)]);
        if (freezes) assertSettled(list.freeze());
      }
      assertSettled(list.freeze());
      const sorted = [...model.values()].sort((a, b) => compareUtf8(a.key, b.key));
      const wanted = sorted.filter(({ key }) => compareUtf8(key, keyAt(from)) >= 0);
      assertEquals(
        [...list.from(keyAt(from))].map(({ key, revision }) => [key, revision]),
        wanted.map((record) => [
          record.key,
          record.revision,
        ]),
      );
      assertEquals([...list.from("")].length, model.size);
    }),
    { numRuns: 100 },
  );
});

Deno.test("frozen pages stay as they were, whatever is written; those not written to are not copied", () => {
  fc.assert(
    fc.property(writes, writes, (before, after) => {
      const list = new PageList();
      for (const [i, write] of before.entries()) change(list, write, i + 1);
      const frozen = list.freeze();
      const was = frozen.map((page) => sha256Hex(page.encode()));
      for (const [i, write] of after.entries()) change(list, write, before.length + i + 1);
      assertEquals(frozen.map((page) => sha256Hex(page.encode())), was);
      assertEquals(frozen.map((page) => page.digest), was);
      for (const page of list.freeze()) assertEquals(page.digest, sha256Hex(page.encode()));
    }),
    { numRuns: 60 },
  );
  const list = new PageList();
  for (const name of numbers(5000)) list.set(kvRecord(name, 1, new Uint8Array(100)));
  const before = list.freeze();
  list.set(kvRecord("002500", 2, new Uint8Array(100)));
  const changed = list.freeze().filter((page, i) => page !== before[i]);
  assertEquals([changed.length, before.length > 10], [1, true]);
});

Deno.test("pages depend on the writes alone, not on what was frozen or digested in between", () => {
  fc.assert(
    fc.property(writes, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (given, freezes) => {
      const [one, other] = [new PageList(), new PageList()];
      for (const [i, write] of given.entries()) {
        change(one, write, i + 1);
        change(other, write, i + 1);
        if (freezes[i]) other.freeze().forEach((page) => page.digest);
      }
      assertEquals(shape(one), shape(other));
      assertEquals(one.freeze().map((page) => page.digest), other.freeze().map((page) => page.digest));
    }),
    { numRuns: 60 },
  );
});

Deno.test("a list made of another's pages goes on as that one does, to the same pages", () => {
  fc.assert(
    fc.property(writes, writes, (before, after) => {
      const list = new PageList();
      for (const [i, write] of before.entries()) change(list, write, i + 1);
      const made = new PageList(list.freeze().map((page) => new Page(page.records.slice(), page.bytes, 0)));
      for (const [i, write] of after.entries()) {
        change(list, write, before.length + i + 1);
        change(made, write, before.length + i + 1);
        assertEquals(shape(made), shape(list));
      }
      assertEquals(made.freeze().map((page) => page.digest), list.freeze().map((page) => page.digest));
    }),
    { numRuns: 60 },
  );
});

Deno.test("thousands of keys keep their order and fill their pages, whatever the order of insertion and removal", () => {
  const names = numbers(5000);
  const list = new PageList();
  // 3 is coprime to 5000, so every key is visited once, in three ascending passes.
  names.forEach((_, i) => list.set(kvRecord(names[(i * 3) % names.length] ?? "", i + 1, new Uint8Array(80))));
  assertEquals([...list.from("")].map(({ key }) => key), names);
  assertEquals([...list.from("002500x")].map(({ key }) => key), names.slice(2501));
  const pages = list.freeze();
  assertSettled(pages);
  assert(pages.length <= 2 * (500_000 / KV_LIMITS.maxPageBytes), `${pages.length} pages for 500 000 bytes`);
  for (const name of names) if (Number(name) % 1000 !== 7) list.delete(name);
  assertEquals([list.delete("absent"), list.size], [false, 5]);
  assertEquals(shape(list), [["000007", "001007", "002007", "003007", "004007"]]);
  for (const name of names) list.delete(name);
  assertEquals([shape(list), list.size, [...list.from("")]], [[], 0, []]);
});

Deno.test("where pages are split and joined is fixed: other places would be another protocol", () => {
  const list = new PageList();
  const put = (key: string, bytes: number) => list.set(kvRecord(key, 1, new Uint8Array(bytes - 22 - key.length)));
  const [max, min] = [KV_LIMITS.maxPageBytes, KV_LIMITS.minPageBytes];
  put("a", 100);
  put("c", max - 100);
  assertEquals(shape(list), [["a", "c"]], "exactly full");
  put("b", 100);
  assertEquals(shape(list), [["a", "b"], ["c"]], "the larger part as small as can be");
  put("c", max - 200);
  assertEquals(shape(list), [["a", "b", "c"]], "joined when it fits");
  put("b", 60_000);
  assertEquals(shape(list), [["a"], ["b"], ["c"]], "a value that fills a page by itself");
  put("b", min);
  assertEquals(shape(list), [["a", "b"], ["c"]], "the left neighbour comes first");
  list.delete("a");
  assertEquals(shape(list), [["b"], ["c"]], "not too small");
  put("c", max - min);
  assertEquals(shape(list), [["b"], ["c"]], "fits, but neither is too small");
  put("b", min - 1);
  assertEquals(shape(list), [["b", "c"]], "too small by one byte");
  const thirds = new PageList();
  for (const key of ["a", "b", "c"]) thirds.set(kvRecord(key, 1, new Uint8Array(12_000)));
  assertEquals(shape(thirds), [["a"], ["b", "c"]], "the first of two places as good");
});
