import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import { contextAt } from "../../tests/support/contexts.ts";
import { keyAt, type Write, writes } from "../../tests/support/kv/page_values.ts";
import { encodeKvCommand } from "../kv_command.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { KvStore } from "../kv_store.ts";
import { FrozenStore } from "./frozen_store.ts";
import { Page } from "./page.ts";
import { type KvRecord, kvRecord, recordBytes } from "./record.ts";

const CONTEXT = contextAt();

/** Performs the writes; `salt` makes their values distinct. */
function write(given: readonly Write[], salt: number, ...stores: KvStore[]): void {
  for (const { key: at, bytes } of given) {
    const key = keyAt(at);
    const value = new Uint8Array(bytes ?? 0).fill(salt);
    const command = encodeKvCommand(bytes === null ? { op: "delete", key } : { op: "put", key, value });
    for (const store of stores) store.apply(command, CONTEXT);
  }
}
function restored(from: FrozenStore): KvStore {
  const store = new KvStore();
  store.restore(from.chunks());
  return store;
}
const bytesOf = (view: FrozenStore) => [...view.chunks()].map((chunk) => chunk.toHex());

Deno.test("a frozen view stays as it was while its store goes on, and restores to what was frozen", () => {
  fc.assert(
    fc.property(writes, writes, fc.boolean(), (before, after, early) => {
      const [store, twin] = [new KvStore(), new KvStore()];
      write(before, 1, store, twin);
      const view = store.freeze();
      // Digests must be right whether they are first asked for before the store goes on or after.
      if (early) assertEquals(view.digest, store.digest().toHex());
      write(after, 2, store);
      assertEquals([view.revision, view.digest], [twin.revision, twin.digest().toHex()]);
      assertEquals(bytesOf(view), bytesOf(twin.freeze()));
      assertEquals(bytesOf(restored(view).freeze()), bytesOf(view));
    }),
    { numRuns: 60 },
  );
});

Deno.test("a store restored from a frozen view and its original stay equal for ever", () => {
  fc.assert(
    fc.property(writes, fc.array(writes, { maxLength: 4 }), (before, later) => {
      const store = new KvStore();
      write(before, 1, store);
      // Its digest is not asked for yet, so that its first writes meet pages that no view holds.
      const copy = restored(store.freeze());
      for (const [i, more] of later.entries()) {
        write(more, 2 + i, store, copy);
        assertEquals([copy.revision, copy.size, copy.digest()], [store.revision, store.size, store.digest()]);
      }
      assertEquals(bytesOf(copy.freeze()), bytesOf(store.freeze()));
    }),
    { numRuns: 60 },
  );
});

Deno.test("every chunk has the digest it is said to have, and keeps within its bound; the first one's is the state's", () => {
  const store = new KvStore();
  write(Array.from({ length: 24 }, (_, key) => ({ key, bytes: key % 3 === 0 ? 65_536 : 9000 })), 1, store);
  const view = store.freeze();
  const chunks = Array.from({ length: view.chunkCount }, (_, at) => view.chunk(at));
  assert(chunks.length > 10);
  assertEquals(chunks.map((_, at) => view.chunkDigest(at)), chunks.map(sha256Hex));
  assertEquals(chunks.filter((chunk) => chunk.length > KV_LIMITS.maxChunkBytes), []);
  assertEquals([view.digest, view.digest], [view.chunkDigest(0), store.digest().toHex()]);
  assertEquals([...view.chunks()], chunks);
  assertEquals([...store.snapshot()], chunks);
});

Deno.test("a chunk is its asker's own: writing into it changes nothing", () => {
  const store = new KvStore();
  write([{ key: 1, bytes: 10 }], 1, store);
  const view = store.freeze();
  const was = bytesOf(view);
  for (let at = 0; at < view.chunkCount; at++) view.chunk(at).fill(255);
  assertEquals(bytesOf(view), was);
});

Deno.test("a chunk that is not there is refused", () => {
  const view = new KvStore().freeze();
  assertEquals(view.chunkCount, 1);
  for (const at of [-1, 1, 0.5, NaN]) {
    assertThrows(() => view.chunk(at), RangeError, `Chunk ${at} is asked for, 0 to 0 are there`);
    assertThrows(() => view.chunkDigest(at), RangeError, `Chunk ${at} is asked for, 0 to 0 are there`);
  }
});

Deno.test("a change costs one page's chunk and the manifest, all other chunks keep their digests", () => {
  const store = new KvStore();
  write(Array.from({ length: 24 }, (_, key) => ({ key, bytes: 9000 })), 1, store);
  const digestsOf = (view: FrozenStore) => Array.from({ length: view.chunkCount }, (_, at) => view.chunkDigest(at));
  const before = store.freeze();
  assertEquals(store.freeze(), before);
  write([{ key: 7, bytes: 9000 }], 2, store);
  const after = store.freeze();
  assertNotEquals(after.digest, before.digest);
  const known = new Set(digestsOf(before));
  // The page, the last of the history, index and head.
  assertEquals([digestsOf(after).filter((digest) => !known.has(digest)).length, known.size > 16], [4, true]);
});

/** A page that counts how often it was encoded, which is the cost of digests and chunks. */
class WatchedPage extends Page {
  encoded = 0;

  constructor(records: KvRecord[]) {
    super(records, records.reduce((sum, each) => sum + recordBytes(each), 0), 0);
  }

  override encode(): Uint8Array {
    this.encoded++;
    return super.encode();
  }
}

Deno.test("a chunk, a digest and the number of chunks cost the page asked for and no other", () => {
  const pages = Array.from({ length: 5000 }, (_, i) => {
    return new WatchedPage([kvRecord(String(i).padStart(4, "0"), i + 1, new Uint8Array(10))]);
  });
  const view = new FrozenStore({ revision: 5000, keys: 5000 }, pages, []);
  const encoded = () => pages.reduce((sum, page) => sum + page.encoded, 0);
  assertEquals([view.chunkCount, encoded()], [1 + 2 + 5000, 0]);
  assertEquals([view.digestCost(5002), view.digestCost(3), encoded()], [36, 36, 0]);
  assertEquals(sha256Hex(pages[4999]!.encode()), view.chunkDigest(5002));
  assertEquals([pages[4999]!.encoded, encoded(), view.digestCost(5002)], [2, 2, 0]);
  // The bytes encoded for the digest are reused once, for the chunk that is asked for next.
  const chunk = view.chunk(5002);
  assertEquals([encoded(), sha256Hex(chunk)], [2, view.chunkDigest(5002)]);
  chunk.fill(0);
  assertEquals([sha256Hex(view.chunk(5002)), encoded()], [view.chunkDigest(5002), 3]);
  assertEquals([view.digestCost(0), view.digestCost(2)], [4999 * 36 + 5000 * 32, 4999 * 36 + 5000 * 32]);
  assertEquals(encoded(), 3);
  for (let at = view.chunkCount - 1; at >= 0; at--) view.chunkDigest(at);
  assertEquals([encoded(), view.digestCost(0), view.digestCost(2)], [3 + 4999, 0, 0]);
});

Deno.test("the digest of a known history is what it was when replicas agreed on it", () => {
  const store = new KvStore();
  const lengths = [0, 100, 9000, 30_000, 65_536, 7];
  write(Array.from({ length: 60 }, (_, i) => ({ key: (i * 7) % 24, bytes: lengths[i % 6] ?? 0 })), 1, store);
  write([1, 5, 9, 20].map((key) => ({ key, bytes: null })), 1, store);
  assertEquals([store.revision, store.size, store.freeze().chunkCount], [64, 20, 44]);
  assertEquals(store.digest().toHex(), "f81c123bf9c799b34fa61e7cbe3b683d9438641b8dce60d14e84f070151ed37a");
});
