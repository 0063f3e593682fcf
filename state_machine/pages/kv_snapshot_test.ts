import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import { deletionOf, type KvChange } from "../kv_change.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { FrozenStore } from "./frozen_store.ts";
import { History } from "./history.ts";
import { HistoryPage } from "./history_page.ts";
import { readSnapshot } from "./kv_snapshot.ts";
import { makeManifest } from "./manifest.ts";
import { Page } from "./page.ts";
import { PageList } from "./page_list.ts";
import { type KvRecord, kvRecord, recordBytes } from "./record.ts";

/** `count` records of about `size` bytes with revisions 1…count. */
function records(count: number, size: number): KvRecord[] {
  return Array.from(
    { length: count },
    (_, i) => kvRecord(`key-${String(i).padStart(6, "0")}`, i + 1, new Uint8Array(size).fill(i)),
  );
}
/** The history of as many revisions, each of which deleted a key. */
function historyOf(revisions: number): readonly HistoryPage[] {
  const history = new History();
  for (let i = 1; i <= revisions; i++) history.add(i, [deletionOf({ key: "k", keyBytes: 1 })]);
  return history.freeze();
}
function frozen(given: readonly KvRecord[], revision = given.length): FrozenStore {
  const list = new PageList();
  for (const record of given) list.set(record);
  return new FrozenStore({ revision, keys: given.length }, list.freeze(), historyOf(revision));
}
const chunksOf = (...given: Parameters<typeof frozen>) => [...frozen(...given).chunks()];

/** The chunks of a state as a liar may make them: digests match, pages are as given. */
function forged(
  pages: readonly (readonly KvRecord[])[],
  {
    revision = 99,
    keys = pages.flat().length,
    history = historyOf(revision) as readonly Pick<HistoryPage, "encode">[],
  } = {},
) {
  const records = pages.map((all) => new Page([...all], all.reduce((sum, each) => sum + recordBytes(each), 0), 0));
  const encoded = [...records, ...history].map((page) => page.encode());
  return [...makeManifest({ revision, keys }, pages.length, encoded.map(sha256Hex)).chunks, ...encoded];
}
const refused = (given: readonly Uint8Array[], ...messages: string[]) => {
  for (const message of messages) assertThrows(() => readSnapshot(given), RangeError, message);
};

Deno.test("chunks come back as the state they were made of, page by page", () => {
  for (const [count, size] of [[0, 0], [1, 0], [30, 65_536], [5000, 100]] as const) {
    const made = frozen(records(count, size), count + 5);
    const state = readSnapshot(made.chunks());
    assertEquals(state.revision, count + 5);
    assertEquals(state.pages.flatMap((page) => page.records), records(count, size));
    const again = new FrozenStore({ revision: state.revision, keys: count }, state.pages, state.history);
    assertEquals([...again.chunks()], [...made.chunks()]);
    assertEquals(state.pages.map((page) => page.digest), state.pages.map((page) => sha256Hex(page.encode())));
  }
});

Deno.test("chunks of another state, in another order, too few and too many are refused by name", () => {
  const chunks = chunksOf(records(10, 20_000));
  const [head, index, first, second, ...rest] = chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  assertEquals(chunks.length, 13);
  refused([], "at least one chunk");
  refused([head, index], "A snapshot of 11 pages has 13 chunks: 2 are given");
  refused([head], "has 13 chunks: 1 are given");
  refused([index, head, first], "Snapshot chunk 0 (head) has version");
  refused([head, first], "Snapshot chunk 1 (index 1 of 1) has digest", `${sha256Hex(index)} is wanted`);
  refused([head, index, second], "Snapshot chunk 2 (page 1 of 10) has digest", `${sha256Hex(first)} is wanted`);
  refused([head, index, first, first], `Snapshot chunk 3 (page 2 of 10) has digest ${sha256Hex(first)}`);
  refused([head, index, first, second, ...rest, second], "Snapshot chunk 13 (history page 2 of 1) is one too many");
  refused([head, index, first.slice(0, -1)], "page 1 of 10) has digest");
  refused([new Uint8Array(KV_LIMITS.maxChunkBytes + 1)], "has 262145 bytes, at most 262144 are allowed");
  refused([head, index, new Uint8Array(KV_LIMITS.maxChunkBytes + 1)], "at most 262144 are allowed");
});

Deno.test("a head that no store has is refused", () => {
  const head = chunksOf(records(10, 20_000))[0]!;
  const changed = (at: number, byte: number) => head.with(at, byte);
  refused([changed(0, 1)], "head) has version 1, 3 is wanted");
  refused([new Uint8Array()], "has version 0, 3 is wanted");
  refused([head.slice(0, 24)], "has 24 bytes");
  refused([changed(1, 255)], "counter too large");
  refused([head.slice(0, -1)], "holds 31 bytes of digests, 32 are wanted");
  refused([new Uint8Array([...head, 0])], "holds 33 bytes of digests, 32 are wanted");
  refused([changed(17, 255)], "pages, more than a head has room for");
  refused([changed(21, 255)], "pages, more than a head has room for");
  refused([changed(19, 255)], "holds 32 bytes of digests, 512 are wanted");
  refused([changed(20, 11)], "announces 10 keys in 11 pages and 1 of the history at revision 10, which no store has");
  refused([changed(24, 11)], "announces 10 keys in 10 pages and 11 of the history at revision 10");
  refused([changed(24, 0)], "announces 10 keys in 10 pages and 0 of the history at revision 10");
  refused([changed(8, 0)], "announces 10 keys in 10 pages and 1 of the history at revision 0");
  refused([changed(16, 0)], "announces 0 keys in 10 pages");
});

Deno.test("pages that no store has are refused though their digests are right", () => {
  const record = (key: string, revision: number, bytes = 0) => kvRecord(key, revision, new Uint8Array(bytes));
  const [a, b, c] = [record("a", 1, 20_000), record("b", 2, 20_000), record("c", 3, 20_000)] as const;
  assertEquals(readSnapshot(forged([[a], [b], [c]])).pages.length, 3);
  refused(forged([[b], [a]]), `page 2 of 2) starts with "a", wanted is a key above "b"`);
  refused(forged([[a], [record("a", 2, 20_000)]]), `starts with "a", wanted is a key above "a"`);
  refused(forged([[record("a", 1), record("c", 2, 20_000)], [b]]), `starts with "b", wanted is a key above "c"`);
  refused(forged([[record("b", 1), record("a", 2)]]), `page 1 of 1) holds "a" behind "b", keys must ascend`);
  refused(forged([[a, b]]), "has 40046 bytes in 2 records, at most 32768 are allowed to more than one");
  refused(forged([[record("a", 1)], [b]]), "has 20023 bytes and belongs into the page before it, which has 23");
  refused(forged([[a], []], { keys: 2 }), "page 2 of 2) is empty");
  refused(forged([[a], [b]], { keys: 3 }), "announces 3 keys: its pages hold 2");
  refused(forged([[a], [b]], { revision: 2, keys: 2 }).slice(0, 3), "has 5 chunks: 3 are given");
  refused(forged([[a], [record("b", 100, 20_000)]]), "impossible revision 100, created at 100 (store revision 99)");
  refused(forged([[a], [record("b", 0, 20_000)]]), "impossible revision 0");
  const reborn = (revision: number, created: number) => kvRecord("b", revision, new Uint8Array(20_000), created);
  refused(forged([[a], [reborn(2, 3)]]), "impossible revision 2, created at 3");
  refused(forged([[a], [reborn(2, 0)]]), "impossible revision 2, created at 0");
  assertEquals(readSnapshot(forged([[a], [reborn(1, 1)]])).pages.length, 2, "keys written by one transaction");
  refused(forged([[record("x".repeat(2000), 1)]]), "ends inside a record or holds a malformed one, behind 0 good ones");
  refused(forged([[a], [record("b", 2, KV_LIMITS.maxValueBytes + 1)]]), "page 2 of 2) ends inside a record");
});

Deno.test("histories that no store has are refused though their digests are right", () => {
  const event = [deletionOf({ key: "k", keyBytes: 1 })];
  const page = (first: number, ...events: (readonly KvChange[])[]) => new HistoryPage(first, events, 0);
  const bytes = (given: string) => ({ encode: () => Uint8Array.fromHex(given.replaceAll(" ", "")) });
  const of = (revision: number, ...history: readonly Pick<HistoryPage, "encode">[]) =>
    forged([], { revision, history });
  assertEquals(readSnapshot(of(9, page(8, event, event))).history[0]?.first, 8);
  refused(of(9, page(7, event, event)), "announces revision 9: its history ends with 8");
  refused(of(9, page(9, event, event)), "announces revision 9: its history ends with 10");
  refused(of(9, page(7, event), page(9, event)), "history page 2 of 2) begins with revision 9, wanted is 8");
  refused(of(9, page(8, event), page(9, event)), "belongs into the page before it, which has 25 bytes");
  refused(of(9, page(9)), "holds no event");
  refused(of(9, page(0, event)), "holds no event, or one of revision 0");
  refused(of(9, bytes("0000000000000009 0001 0001 6b 0000000000000000 00000001")), "behind 0 good ones");
  refused(of(9, bytes("0000000000000009 0001 0001 6b 0000000000000000 00000001 07")), "behind 0 good ones");
  refused(of(9, bytes("0000000000000009 0000")), "behind 0 good ones");
  const big = [{ key: "k", keyBytes: 1, createRevision: 1, value: new Uint8Array(20_000) }];
  refused(of(9, page(8, big, big)), "has 40042 bytes in 2 events, at most 32768 are allowed to more than one");
  const most = Math.ceil(KV_LIMITS.maxHistoryBytes / 20_000);
  refused(of(most, ...Array.from({ length: most }, (_, i) => page(i + 1, big))), "at most 16777216 are kept");
});

Deno.test("whatever byte of a page changes, with all digests made to match, it is refused or is another state's own", () => {
  const [, , page, history] = chunksOf(records(5, 3), 9) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  fc.assert(
    fc.property(fc.nat({ max: page.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = page.with(at, byte);
      const digests = [changed, history].map(sha256Hex);
      const chunks = [...makeManifest({ revision: 9, keys: 5 }, 1, digests).chunks, changed, history];
      try {
        const { revision, pages, history } = readSnapshot(chunks);
        assertEquals([...new FrozenStore({ revision, keys: 5 }, pages, history).chunks()], chunks);
      } catch (error) {
        const known = /^Snapshot chunk 2 \(page 1 of 1\) |^The snapshot announces 5 keys: its pages hold [1-4]$/;
        assert(error instanceof RangeError && known.test(error.message), String(error));
      }
    }),
    { numRuns: 500 },
  );
});
