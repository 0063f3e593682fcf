import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { AccessRule } from "../protocol/ports.ts";
import { contextAt } from "../tests/support/contexts.ts";
import { denialOf } from "./access.ts";
import { encodeKvCommand, type KvCommand } from "./kv_command.ts";
import { decodeKvResult, encodeKvResult, MAX_DENIAL_BYTES } from "./kv_result.ts";
import { KvStore } from "./kv_store.ts";
import { encodeKvWatch, type KvWatch } from "./kv_watch.ts";

const value = new Uint8Array([1]);
const rule = (prefix: string, exact: boolean, may = "rw"): AccessRule => ({
  ...{ prefix, exact, read: may.includes("r"), write: may.includes("w") },
});
const range = (from: string, to: string): KvCommand => ({
  ...{ op: "range", from, to, after: "", limit: 9, keysOnly: true },
});
const list = (prefix: string): KvCommand => ({ op: "list", prefix, after: "", limit: 9 });
const get = (key: string): KvCommand => ({ op: "get", key });
const put = (key: string): KvCommand => ({ op: "put", key, value });
const txn = (...then: KvCommand[]): KvCommand => ({ op: "txn", compare: [], then: then as [], else: [] });
const may = (access: readonly AccessRule[] | null, command: KvCommand) =>
  denialOf(command, contextAt(1, "c1", access)) === null;

/** A store with /a, /ab, /b. */
function filled(): KvStore {
  const store = new KvStore();
  for (const key of ["/a", "/ab", "/b"]) store.apply(encodeKvCommand(put(key)), contextAt());
  return store;
}

Deno.test("a right on exactly one key opens no list, range, transaction or watch beside it", () => {
  const store = filled();
  const context = contextAt(9, "c1", [rule("/a", true, "r")]);
  const before = store.digest();
  const denied: KvCommand[] = [
    ...[get("/ab"), get("/"), { op: "read", key: "/ab" } as const, put("/a"), { op: "delete", key: "/a" } as const],
    { op: "cas", key: "/a", revision: 1, value },
    ...["", "/", "/a", "/ab"].map(list),
    ...[range("", ""), range("/a", ""), range("/a", "/b"), range("", "/b"), range("/a", "/a\0")],
    ...[txn(range("/a", "")), txn(list("/a")), txn(get("/a"), get("/ab")), txn(get("/a"), put("/a"))],
    { op: "txn", compare: [{ key: "/b", target: "value", is: "=", to: value }], then: [], else: [] },
    { op: "txn", compare: [], then: [], else: [{ op: "get", key: "/b" }] },
  ];
  for (const command of denied) {
    const bytes = encodeKvCommand(command);
    assertEquals(decodeKvResult(store.apply(bytes, context))?.status, "denied", JSON.stringify(command));
    assertEquals(decodeKvResult(store.query(bytes, context).value)?.status, "denied");
  }
  assertEquals(store.digest(), before);
  const watches: KvWatch[] = [{ prefix: "" }, { prefix: "/" }, { prefix: "/a" }, { key: "/ab" }];
  for (const watch of watches) assertEquals(store.feed(encodeKvWatch(watch), 0, context)?.kind, "refused");
  const feed = store.feed(encodeKvWatch({ key: "/a" }), 0, context);
  assertEquals(feed?.kind === "events" && feed.events.map(({ position }) => position), [1]);
  assertEquals(decodeKvResult(store.query(encodeKvCommand(get("/a")), context).value)?.status, "value");
});

Deno.test("ends of a range that could pass for others: empty, NUL, before its beginning", () => {
  const store = filled();
  const context = contextAt(9, "c1", [rule("/a", false, "r")]);
  const good = encodeKvCommand(range("/a", "/b"));
  assertEquals(decodeKvResult(store.query(good, context).value)?.status, "keys");
  assertEquals(may([rule("/a", false)], range("/a", "")), false);
  assertEquals(may([rule("/a", false)], range("/a", "/b\0")), false);
  // "/b" becomes "\0b" and "/!", which lie before "/a": no such range exists.
  for (const to of [0, 0x21]) {
    const bytes = good.slice();
    bytes[bytes.indexOf(0x62) - (to === 0 ? 1 : 0)] = to;
    assertEquals(decodeKvResult(store.query(bytes, context).value)?.status, "malformed");
  }
});

Deno.test("rules with prefixes: each verb needs its own right", () => {
  const access = [rule("/a/", false, "r"), rule("/b/", false, "w"), rule("/c", true)];
  assert(may(access, get("/a/1")) && !may(access, put("/a/1")));
  assert(!may(access, get("/b/1")) && may(access, put("/b/1")));
  assert(may(access, txn(put("/b/1"), get("/a/1"), list("/a/x"), range("/a/", "/a0"))));
  assert(may(access, { op: "cas", key: "/c", revision: 0, value }));
  assert(!may(access, { op: "cas", key: "/b/1", revision: 0, value }), "its result tells a revision");
  assert(!may(access, list("/a")) && !may(access, list("/b/")) && !may(access, get("/a")));
  assert(may([rule("", false, "r")], range("x", "")) && may([rule("", false, "r")], list("")));
  assert(may(null, range("", "")) && !may([], get("/c")));
});

const characters = ["a", "b", "\ud7ff", "\ue000", "\u{10ffff}"];
const keys = fc.array(fc.constantFrom(...characters), { maxLength: 3 }).map((all) => all.join(""));

Deno.test("a range that is allowed shows no key that may not be read", () => {
  fc.assert(
    fc.property(keys, keys, keys, keys, (prefix, from, to, key) => {
      const access = [rule(prefix, false, "r")];
      if (key === "" || !may(access, range(from, to))) return;
      const store = new KvStore();
      store.apply(encodeKvCommand(put(key)), contextAt());
      let bytes;
      try {
        bytes = encodeKvCommand(range(from, to));
      } catch {
        return;
      }
      const result = decodeKvResult(store.query(bytes, contextAt(1, "c1", access)).value);
      if (result?.status !== "keys") throw new Error(`Keys are wanted: the result is ${result?.status}`);
      for (const item of result.items) assert(item.key.startsWith(prefix));
    }),
    { numRuns: 2000 },
  );
  assert(may([rule("a\ud7ff", false)], range("a\ud7ff", "a\ue000")));
  assert(may([rule("a\u{10ffff}", false)], range("a\u{10ffff}", "b")));
});

Deno.test("a lease is granted, renewed and revoked by who may write something, and listed by who may read all", () => {
  const lease = { op: "renew", lease: 1 } as const;
  const own: KvCommand[] = [{ op: "grant", ttlMs: 5000 }, lease, { ...lease, op: "revoke" }];
  for (const command of own) {
    assert(may([rule("/a", true, "w")], command));
    assert(!may([rule("", false, "r")], command) && !may([], command));
  }
  const all: KvCommand = { op: "leases", after: 0, limit: 9 };
  assert(may([rule("", false, "r")], all) && !may([rule("/", false)], all) && !may([rule("", false, "w")], all));
  const leased: KvCommand = { op: "put", key: "/b", value, lease: 1 };
  assert(may([rule("/b", true, "w")], leased) && !may([rule("/a", true, "w")], leased));
  assert(!may([rule("/a", true, "w")], txn(put("/a"), leased)));
  const reason = denialOf(own[0]!, contextAt(1, "c2", [rule("/a", false, "r")]));
  assertEquals(reason, 'client c2 may not write any key; it may read keys under "/a"');
});

Deno.test("a denial names client, key and what is allowed, in bounds", () => {
  const long = "\u{10ffff}".repeat(256);
  const reason = denialOf(put("/x"), contextAt(1, "c2", [rule("/a/", false, "r"), rule("/b", true)]))!;
  assertEquals(reason, 'client c2 may not write "/x"; it may read keys under "/a/", read and write "/b"');
  assertStringIncludes(denialOf(get("/x"), contextAt(1, "c2", []))!, "it may do nothing");
  const access = Array.from({ length: 64 }, () => rule(long, true, "w"));
  const most = denialOf(range(long, `${long.slice(2)}`), contextAt(1, "c".repeat(64), access))!;
  assert(most.length < MAX_DENIAL_BYTES && /^[\x20-\x7e]*$/.test(most));
  const result = { status: "denied", reason: most } as const;
  assertEquals(decodeKvResult(encodeKvResult(result)), result);
});
