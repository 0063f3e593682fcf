import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../protocol/limits.ts";
import { contextAt } from "../tests/support/contexts.ts";
import { decodeEvent } from "./kv_change.ts";
import { encodeKvCommand, type KvCommand } from "./kv_command.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import { decodeKvResult, type KvResult } from "./kv_result.ts";
import { KvStore } from "./kv_store.ts";
import type { TransactionOperation } from "./kv_transaction.ts";
import { encodeKvWatch, type KvWatch } from "./kv_watch.ts";

const text = (value: string) => new TextEncoder().encode(value);

function must<T>(value: T | null): T {
  if (value === null) throw new Error("The bytes do not decode");
  return value;
}
const apply = (store: KvStore, given: KvCommand): KvResult =>
  must(decodeKvResult(store.apply(encodeKvCommand(given), contextAt())));
const put = (store: KvStore, key: string, value: string | Uint8Array) =>
  apply(store, { op: "put", key, value: typeof value === "string" ? text(value) : value });

/** Returns the events of a feed, as text; fails if there are none. */
function eventsOf(store: KvStore, watch: KvWatch, after: number): string[] {
  const feed = store.feed(encodeKvWatch(watch), after, contextAt());
  if (feed?.kind !== "events") throw new Error(`Events are wanted: the feed is ${feed?.kind}`);
  assertEquals(feed.through, store.revision);
  return feed.events.map(({ position, value }) => {
    const changes = must(decodeEvent(value)).map(({ key, createRevision, value }) =>
      createRevision === 0 ? `-${key}` : `${key}=${new TextDecoder().decode(value)}@${createRevision}`
    );
    return `${position} ${changes.join(" ")}`;
  });
}

Deno.test("a feed holds each change once, at its revision, from the one behind the position asked for", () => {
  const store = new KvStore();
  assertEquals(store.feed(encodeKvWatch({ prefix: "" }), 0, contextAt()), null);
  put(store, "a", "1");
  put(store, "b/x", "2");
  apply(store, { op: "cas", key: "a", revision: 9, value: text("refused") });
  apply(store, { op: "delete", key: "a" });
  apply(store, { op: "delete", key: "a" });
  put(store, "a", "3");
  put(store, "a", "4");
  const all = ["1 a=1@1", "2 b/x=2@2", "3 -a", "4 a=3@4", "5 a=4@4"];
  for (let after = 0; after < 5; after++) assertEquals(eventsOf(store, { prefix: "" }, after), all.slice(after));
  assertEquals(eventsOf(store, { prefix: "b/" }, 0), all.slice(1, 2));
  assertEquals(eventsOf(store, { prefix: "b/" }, 2), []);
  put(store, "ab", "5");
  assertEquals(eventsOf(store, { key: "a" }, 2), all.slice(2));
  assertEquals(eventsOf(store, { prefix: "a" }, 4), [...all.slice(4), "6 ab=5@6"]);
  for (const after of [6, 7, 1000]) assertEquals(store.feed(encodeKvWatch({ prefix: "" }), after, contextAt()), null);
  for (const garbage of ["", "01", "0103", "020100", "01010001", "01020000", "01010000ff"]) {
    assertEquals(store.feed(Uint8Array.fromHex(garbage), 0, contextAt())?.kind, "refused", garbage);
  }
});

Deno.test("the history is bounded: what is dropped is gone, and a deletion just behind it is not", () => {
  const store = new KvStore();
  const big = new Uint8Array(KV_LIMITS.maxValueBytes);
  put(store, "victim", "1");
  const first = encodeKvWatch({ prefix: "" });
  for (let i = 0; store.oldestRevision === 1; i++) {
    if (i === 20) apply(store, { op: "delete", key: "victim" });
    put(store, `k${i % 7}`, big);
  }
  const gone = { kind: "gone", oldest: store.oldestRevision };
  assertEquals(store.feed(first, 0, contextAt()), gone);
  while (store.oldestRevision < 22) put(store, "more", big);
  assertEquals(store.oldestRevision, 22, "one page for each event as large as this, and for the small one");
  assertEquals(store.feed(first, 20, contextAt()), { kind: "gone", oldest: 22 });
  assertEquals(eventsOf(store, { key: "victim" }, 21), ["22 -victim"]);
  put(store, "more", big);
  assert(store.oldestRevision > 22);
  const dropped = store.feed(encodeKvWatch({ key: "victim" }), 21, contextAt());
  assertEquals(dropped, { kind: "gone", oldest: store.oldestRevision });
  const restored = new KvStore();
  restored.restore(store.snapshot());
  for (const after of [21, store.oldestRevision - 1, 200]) {
    assertEquals(restored.feed(first, after, contextAt()), store.feed(first, after, contextAt()));
  }
});

Deno.test("a feed is bounded, and goes on where it ended", () => {
  const store = new KvStore();
  for (let i = 0; i < 20; i++) put(store, `k${i}`, new Uint8Array(KV_LIMITS.maxValueBytes));
  const seen: number[] = [];
  for (let after = 0; after < 20;) {
    const feed = store.feed(encodeKvWatch({ prefix: "" }), after, contextAt());
    if (feed?.kind !== "events") throw new Error("Events are wanted");
    const bytes = feed.events.reduce((sum, { value }) => sum + value.length, 0);
    assert(bytes <= LIMITS.maxFeedBytes && feed.through > after, `${bytes} bytes through ${feed.through}`);
    seen.push(...feed.events.map(({ position }) => position));
    after = feed.through;
  }
  assertEquals(seen, Array.from({ length: 20 }, (_, i) => i + 1));
});

Deno.test("a transaction has one revision, whatever the order of its operations and whether they match anything", () => {
  const none: TransactionOperation = { op: "delete", key: "none" };
  const puts: TransactionOperation[] = [{ op: "put", key: "x", value: text("1") }, {
    op: "put",
    key: "y",
    value: text("2"),
  }];
  const reads: TransactionOperation[] = [{ op: "get", key: "x" }, { op: "get", key: "none" }];
  for (const then of [[none, ...puts, ...reads], [...reads, ...puts, none], [...puts, none, ...reads]]) {
    const store = new KvStore();
    put(store, "before", "");
    const result = apply(store, { op: "txn", compare: [], then, else: [] });
    if (result.status !== "txn") throw new Error("A transaction's result is wanted");
    assertEquals([result.succeeded, result.storeRevision, store.revision], [true, 2, 2]);
    for (const each of result.results) {
      if (each.status === "written") assertEquals(each.revision, 2);
      if ("storeRevision" in each) assertEquals(each.storeRevision, 2);
    }
    assertEquals(eventsOf(store, { prefix: "" }, 1), ["2 x=1@2 y=2@2"]);
    const only = apply(store, { op: "txn", compare: [], then: [none, { op: "get", key: "x" }], else: [] });
    assertEquals([only.status === "txn" && only.storeRevision, store.revision], [2, 2], "nothing was written");
  }
});

Deno.test("a transaction whose reads could be too long does nothing", () => {
  const store = new KvStore();
  const big = new Uint8Array(KV_LIMITS.maxValueBytes);
  for (let i = 0; i < 9; i++) put(store, `k${i}`, big);
  const before = store.digest();
  const write: TransactionOperation = { op: "put", key: "z", value: text("1") };
  const gets = Array.from({ length: 9 }, (_, i): TransactionOperation => ({ op: "get", key: `k${i}` }));
  const listing: TransactionOperation = { op: "list", prefix: "k", after: "", limit: 9 };
  const keys: TransactionOperation = { op: "range", from: "k", to: "", after: "", limit: 9, keysOnly: true };
  for (const then of [[write, ...gets], [write, listing]]) {
    assertEquals(apply(store, { op: "txn", compare: [], then, else: [] }), { status: "too-large" });
    assertEquals([store.digest(), store.revision], [before, 9]);
  }
  const fits = store.apply(
    encodeKvCommand({ op: "txn", compare: [], then: [write, ...gets.slice(0, 7), keys], else: [] }),
    contextAt(),
  );
  assert(fits.length <= LIMITS.maxResultBytes, `${fits.length} bytes`);
  assertEquals([must(decodeKvResult(fits)).status, store.revision], ["txn", 10]);
});
