import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { LIMITS } from "../protocol/limits.ts";
import { contextAt } from "../tests/support/contexts.ts";
import { KvModel } from "../tests/support/kv/kv_model.ts";
import { command } from "../tests/support/kv/kv_values.ts";
import { encodeKvCommand, type KvCommand } from "./kv_command.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import type { ListCommand } from "./kv_operation.ts";
import { decodeKvResult, type KvResult, type ListResult } from "./kv_result.ts";
import { KvStore } from "./kv_store.ts";

const text = (value: string) => new TextEncoder().encode(value);

function apply(store: KvStore, given: KvCommand, index = 1): KvResult {
  return must(decodeKvResult(store.apply(encodeKvCommand(given), contextAt(index))));
}
const query = (store: KvStore, given: KvCommand) =>
  must(decodeKvResult(store.query(encodeKvCommand(given), contextAt()).value));
const put = (store: KvStore, key: string, value: string | Uint8Array) =>
  apply(store, { op: "put", key, value: typeof value === "string" ? text(value) : value });

function must<T>(value: T | null): T {
  if (value === null) throw new Error("The store's result does not decode");
  return value;
}

function list(store: KvStore, given: Partial<ListCommand>): ListResult {
  const result = query(store, { op: "list", prefix: "", after: "", limit: KV_LIMITS.maxListLimit, ...given });
  if (result.status !== "list") throw new Error(`A list is wanted: the result is ${result.status}`);
  return result;
}
const keysOf = (result: ListResult) => result.items.map((item) => item.key);

Deno.test("the store answers like a naive model, command by command", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const [store, model] = [new KvStore(), new KvModel()];
      for (const given of commands) {
        if (["get", "read", "list", "range"].includes(given.op)) {
          assertEquals(query(store, given), model.execute(given));
        }
        assertEquals(apply(store, given), model.execute(given));
        assertEquals([store.revision, store.size], [model.revision, model.map.size]);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("§7.4 no answer to a query comes back once it was another one", () => {
  const queries: KvCommand[] = [{ op: "list", prefix: "a", after: "", limit: 9 }];
  for (const key of ["a", "b"]) queries.push({ op: "get", key }, { op: "read", key });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const store = new KvStore();
      const past = queries.map(() => new Set<string>());
      const latest = queries.map(() => "");
      for (const given of commands) {
        apply(store, given);
        queries.forEach((asked, i) => {
          const { version, value } = store.query(encodeKvCommand(asked), contextAt());
          const answer = `${version} ${value.toHex()}`;
          assert(answer === latest[i] || !past[i]!.has(answer), `${answer} again`);
          latest[i] = answer;
          past[i]!.add(answer);
        });
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("§7.4 a key that is there is read alike whatever happens to others", () => {
  const store = new KvStore();
  const read = () => store.query(encodeKvCommand({ op: "read", key: "a" }), contextAt());
  put(store, "a", "1");
  const answer = read();
  put(store, "b", "2");
  apply(store, { op: "delete", key: "b" });
  assertEquals(read(), answer);
  put(store, "a", "1");
  assertNotEquals(read(), answer);
});

Deno.test("every write gives the store's next revision; a refused one changes nothing and tells the key's own", () => {
  const store = new KvStore();
  const cas = (key: string, revision: number): KvCommand => ({ op: "cas", key, revision, value: text("v") });
  assertEquals(put(store, "a", "1"), { status: "written", revision: 1 });
  assertEquals(put(store, "b", "2"), { status: "written", revision: 2 });
  const before = store.digest();
  assertEquals(apply(store, cas("a", 2)), { status: "refused", revision: 1 });
  assertEquals(apply(store, cas("a", 0)), { status: "refused", revision: 1 });
  assertEquals(apply(store, cas("c", 1)), { status: "refused", revision: 0 });
  assertEquals(apply(store, { op: "delete", key: "c" }), { status: "refused", revision: 0 });
  assertEquals([store.digest(), store.revision], [before, 2]);
  assertEquals(apply(store, cas("c", 0)), { status: "written", revision: 3 });
  assertEquals(apply(store, cas("a", 1)), { status: "written", revision: 4 });
  assertEquals(apply(store, { op: "delete", key: "a" }), { status: "written", revision: 5 });
  assertEquals(query(store, { op: "get", key: "a" }), { status: "absent", storeRevision: 5 });
  assertEquals(apply(store, cas("a", 0)), { status: "written", revision: 6 });
});

Deno.test("a query reads at the store's revision and refuses to write", () => {
  const store = new KvStore();
  put(store, "a", "1");
  assertEquals(store.query(encodeKvCommand({ op: "get", key: "a" }), contextAt()).version, 1);
  const writes: KvCommand[] = [
    { op: "put", key: "a", value: text("2") },
    { op: "cas", key: "a", revision: 1, value: text("2") },
    { op: "delete", key: "a" },
  ];
  for (const write of writes) assertEquals(query(store, write), { status: "not-a-query" });
  assertEquals(query(store, { op: "get", key: "a" }), {
    status: "value",
    storeRevision: 1,
    revision: 1,
    createRevision: 1,
    value: text("1"),
  });
});

Deno.test("a list is in byte order, goes on behind its cursor, and says whether there is more", () => {
  const store = new KvStore();
  for (const key of ["b/\u{10000}", "b/\uffff", "b", "b/a", "c", "a"]) put(store, key, key);
  const all = ["b/a", "b/\uffff", "b/\u{10000}"];
  assertEquals(keysOf(list(store, { prefix: "b/" })), all);
  assertEquals(keysOf(list(store, {})), ["a", "b", ...all, "c"]);
  const first = list(store, { prefix: "b/", limit: 2 });
  assertEquals([keysOf(first), first.more], [all.slice(0, 2), true]);
  const rest = list(store, { prefix: "b/", limit: 2, after: "b/\uffff" });
  assertEquals([keysOf(rest), rest.more], [all.slice(2), false]);
  assertEquals(list(store, { prefix: "b/", limit: 3 }).more, false);
  assertEquals(keysOf(list(store, { prefix: "b/", after: "a" })), all);
  assertEquals(keysOf(list(store, { prefix: "b/", after: "b/b" })), all.slice(1));
  assertEquals(keysOf(list(store, { prefix: "b/", after: "c" })), []);
});

Deno.test("a list never exceeds the longest result, and its pages together hold every key", () => {
  const store = new KvStore();
  const names = Array.from({ length: 20 }, (_, i) => `${"k".repeat(1000)}${String(i).padStart(2, "0")}`);
  for (const name of names) put(store, name, new Uint8Array(KV_LIMITS.maxValueBytes));
  const found: string[] = [];
  for (let more = true; more;) {
    const asked = encodeKvCommand({ op: "list", prefix: "", after: found.at(-1) ?? "", limit: 1000 });
    const bytes = store.query(asked, contextAt()).value;
    assert(bytes.length <= LIMITS.maxResultBytes, `${bytes.length} bytes`);
    const page = list(store, { after: found.at(-1) ?? "" });
    assert(page.items.length > 0);
    found.push(...keysOf(page));
    more = page.more;
  }
  assertEquals(found, names);
});

Deno.test("bytes that are no command are answered, never thrown on, and change nothing", () => {
  const store = new KvStore();
  put(store, "a", "1");
  const before = store.digest();
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 20 })).map(([op, rest]) =>
      new Uint8Array([1, op, 255, ...rest])
    ),
    command.map((given) => encodeKvCommand(given).slice(0, -1)),
  );
  fc.assert(
    fc.property(garbage, (bytes) => {
      assertEquals(must(decodeKvResult(store.apply(bytes, contextAt(1)))), { status: "malformed" });
      assertEquals(must(decodeKvResult(store.query(bytes, contextAt()).value)), { status: "malformed" });
      assertEquals([store.digest(), store.revision], [before, 1]);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a stored value is not the command's memory", () => {
  const store = new KvStore();
  const bytes = encodeKvCommand({ op: "put", key: "a", value: text("before") });
  store.apply(bytes, contextAt(1));
  bytes.fill(0);
  assertEquals(query(store, { op: "get", key: "a" }), {
    status: "value",
    storeRevision: 1,
    revision: 1,
    createRevision: 1,
    value: text("before"),
  });
});

Deno.test("stores fed the same commands are equal; a restored one is too, and goes on equally", () => {
  const commands = fc.array(command, { maxLength: 40 });
  fc.assert(
    fc.property(commands, commands, (before, after) => {
      const [store, twin, restored] = [new KvStore(), new KvStore(), new KvStore()];
      put(restored, "old", "gone after restore");
      for (const given of before) assertEquals(apply(store, given), apply(twin, given));
      restored.restore(store.snapshot());
      assertEquals([restored.digest(), [...restored.snapshot()]], [store.digest(), [...twin.snapshot()]]);
      for (const given of after) assertEquals(apply(restored, given), apply(store, given));
      assertEquals(restored.digest(), store.digest());
    }),
    { numRuns: 200 },
  );
});

Deno.test("the digest tells states apart that differ in a value, a revision, a key or only in the past", () => {
  const store = (...puts: [string, string][]) => {
    const made = new KvStore();
    for (const [key, value] of puts) put(made, key, value);
    return made.digest().toHex();
  };
  const digests = [store(), store(["a", "1"]), store(["a", "2"]), store(["b", "1"]), store(["a", "1"], ["a", "1"])];
  assertEquals(new Set(digests).size, digests.length);
  const emptied = new KvStore();
  put(emptied, "a", "1");
  apply(emptied, { op: "delete", key: "a" });
  assertNotEquals(emptied.digest(), new KvStore().digest());
});

Deno.test("a bad snapshot is refused and leaves the store as it was", () => {
  const store = new KvStore();
  put(store, "a", "1");
  const before = store.digest();
  assertThrows(() => store.restore([]), RangeError, "at least one chunk");
  assertThrows(
    () => store.restore([new Uint8Array(3)]),
    RangeError,
    "Snapshot chunk 0 (head) has version 0, 3 is wanted",
  );
  const other = new KvStore();
  for (const key of ["a", "b"]) put(other, key, new Uint8Array(20_000));
  const chunks = [...other.snapshot()];
  assertThrows(
    () => store.restore(chunks.with(3, chunks[2]!)),
    RangeError,
    "Snapshot chunk 3 (page 2 of 2) has digest",
  );
  assertThrows(() => store.restore(chunks.slice(0, 3)), RangeError, "4 pages has 6 chunks: 3 are given");
  assertEquals([store.digest(), store.revision, store.size, keysOf(list(store, {}))], [before, 1, 1, ["a"]]);
  store.restore(chunks);
  assertEquals([store.digest(), keysOf(list(store, {}))], [other.digest(), ["a", "b"]]);
});
