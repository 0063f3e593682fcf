/** Linearizability of client histories, and revisions over all keys. */
import { assert, assertEquals } from "@std/assert";
import { encodeKvResult, type KvCommand, type KvResult } from "../../../../state_machine/mod.ts";
import { queryResultCodec } from "../../../../transport/codec/mod.ts";
import { fires } from "../checker_lab.ts";
import { History } from "./history.ts";
import { judgeKey, type KeyOperation } from "./linearizable.ts";

const UTF8 = new TextEncoder();

const put = (value: string, key = "k"): KvCommand => ({ op: "put", key, value: UTF8.encode(value) });
const cas = (revision: number, value: string): KvCommand => ({
  op: "cas",
  key: "k",
  revision,
  value: UTF8.encode(value),
});
const get = (key = "k"): KvCommand => ({ op: "get", key });
const remove: KvCommand = { op: "delete", key: "k" };

const written = (revision: number): KvResult => ({ status: "written", revision });
const refused = (revision: number): KvResult => ({ status: "refused", revision });
const absent = (storeRevision: number): KvResult => ({ status: "absent", storeRevision });
const value = (text: string, revision: number, storeRevision = revision): KvResult => ({
  status: "value",
  storeRevision,
  revision,
  createRevision: revision,
  value: UTF8.encode(text),
});

/** Events in order: an operation begins with its command and ends with its result, or "unknown". */
type Event = readonly [id: number, what: KvCommand | KvResult | "unknown"];

function historyOf(...events: readonly Event[]): History {
  const history = new History();
  for (const [now, [id, what]] of events.entries()) {
    if (what === "unknown") history.finish(id, null, now);
    else if ("op" in what) history.invoke(id, "c1", what, now);
    else history.finish(id, encodeKvResult(what), now);
  }
  return history;
}

const isFine = (...events: readonly Event[]): boolean => historyOf(...events).check() === null;

/** Returns the events of operations one after the other. */
const serial = (...operations: readonly (readonly [KvCommand, KvResult | "unknown"])[]): Event[] =>
  operations.flatMap(([command, result], id): Event[] => [[id, command], [id, result]]);

Deno.test("a serial history as one store gives it", () => {
  assert(isFine(...serial(
    [get(), absent(0)],
    [put("a"), written(1)],
    [get(), value("a", 1)],
    [cas(1, "b"), written(2)],
    [cas(1, "c"), refused(2)],
    [put("x", "other"), written(3)],
    [get(), value("b", 2, 3)],
    [remove, written(4)],
    [remove, refused(0)],
    [cas(0, "d"), written(5)],
    [{ op: "list", prefix: "", after: "", limit: 9 }, { status: "list", storeRevision: 5, more: false, items: [] }],
  )));
});

Deno.test("lost updates, stale and invented reads", () => {
  assert(!isFine(...serial([put("a"), written(1)], [get(), value("b", 1)])));
  assert(!isFine(...serial([put("a"), written(1)], [get(), value("a", 2)])));
  assert(!isFine(...serial([put("a"), written(1)], [cas(0, "b"), written(2)])));
  assert(!isFine(...serial([put("a"), written(1)], [remove, refused(0)])));
  assert(!isFine(...serial([put("a"), written(1)], [cas(0, "b"), refused(0)])));
  assert(!isFine(...serial([get(), value("a", 1)])));
  const violation = historyOf(...serial([put("a"), written(1)], [get(), value("b", 1)])).check();
  assertEquals(violation?.invariant, "linearizable");
  assert(violation!.detail.includes('key k:\n  #0 c1 {"op":"put","key":"k","value":"a"} [0, 1]'), violation!.detail);
});

Deno.test("concurrent operations may take effect in either order, but all see the same one", () => {
  const both = [[0, put("a")], [1, put("b")], [1, written(1)], [0, written(2)]] as const;
  assert(isFine(...both, [2, get()], [2, value("a", 2)]));
  assert(!isFine(...both, [2, get()], [2, value("b", 1, 2)]));
  assert(isFine([0, put("a")], [1, get()], [1, absent(0)], [2, get()], [2, value("a", 1)], [0, written(1)]));
  assert(!isFine([0, put("a")], [1, get()], [1, value("a", 1)], [0, written(1)], [2, get()], [2, absent(1)]));
});

Deno.test("a write of unknown outcome takes effect late or never, but once, and not before it began", () => {
  const lost = [[0, put("a")], [0, "unknown"]] as const;
  assert(isFine(...lost, [1, get()], [1, absent(0)], [2, get()], [2, value("a", 1)]));
  assert(isFine(...lost, [1, get()], [1, absent(0)], [2, get()], [2, absent(0)]));
  assert(!isFine(...lost, [1, get()], [1, value("a", 1)], [2, get()], [2, absent(1)]));
  assert(!isFine([1, get()], [1, value("a", 1)], ...lost));
  assert(!isFine(...lost, [1, put("b")], [1, written(2)], [2, get()], [2, value("a", 1, 2)]));
  assert(isFine([0, put("a")], [1, get()], [1, value("a", 1)])); // never ended
});

Deno.test("a conditional write of unknown outcome, and one against an unknown revision", () => {
  const lost = [[0, put("a")], [0, "unknown"]] as const;
  assert(isFine(...lost, [1, cas(1, "b")], [1, written(2)], [2, get()], [2, value("b", 2)]));
  assert(isFine(...lost, [1, cas(9, "b")], [1, refused(1)], [2, get()], [2, value("a", 1)]));
  assert(!isFine(...lost, [1, cas(9, "b")], [1, refused(1)], [2, get()], [2, value("a", 3)]));
  const conditional = [[0, put("a")], [0, written(1)], [1, cas(1, "b")], [1, "unknown"]] as const;
  assert(isFine(...conditional, [2, get()], [2, value("b", 2)]));
  assert(isFine(...conditional, [2, get()], [2, value("a", 1)]));
  assert(!isFine([0, put("a")], [0, written(1)], [1, cas(7, "b")], [1, "unknown"], [2, get()], [2, value("b", 2)]));
});

Deno.test("a delete of unknown outcome counts where something has seen it", () => {
  const lost = [[0, put("a")], [0, written(1)], [1, remove], [1, "unknown"]] as const;
  assert(isFine(...lost, [2, remove], [2, refused(0)], [3, put("b")], [3, written(3)]));
  assert(isFine(...lost, [2, cas(0, "b")], [2, written(3)], [3, put("c")], [3, written(4)]));
  assert(isFine(...lost, [2, get()], [2, absent(2)], [3, put("b")], [3, written(3)], [4, get()], [4, value("b", 3)]));
  assert(!isFine(...lost, [2, get()], [2, absent(2)], [3, get()], [3, value("a", 1, 2)]));
});

Deno.test("revisions step back in real time over two keys, or are given twice", () => {
  fires("linearizable", () => historyOf(...serial([put("a"), written(5)], [get("other"), absent(4)])));
  fires("linearizable", () => historyOf(...serial([put("a"), written(5)], [put("b", "other"), written(5)])));
  fires("linearizable", () => historyOf([0, put("a")], [1, put("b", "x")], [0, written(5)], [1, written(5)]));
  historyOf([0, put("a")], [1, get("other")], [0, written(5)], [1, absent(4)]);
});

Deno.test("what a fast read answers counts like an ordered result; anything else is a violation", () => {
  const history = historyOf(...serial([put("a"), written(1)]));
  const payload = (result: KvResult) => queryResultCodec.encode({ version: 1, value: encodeKvResult(result) });
  history.invoke(8, "c1", get(), 5);
  history.finish(8, payload(value("a", 1)), 6);
  assertEquals([history.check(), history.known], [null, 2]);
  history.invoke(9, "c1", get(), 7);
  history.finish(9, payload(value("b", 1)), 8);
  assertEquals(history.check()?.invariant, "linearizable");
  history.invoke(10, "c1", get(), 9);
  fires("linearizable", () => history.finish(10, new Uint8Array([77]), 10));
});

Deno.test("sixty operations, eight at a time, with lost writes among them, are judged quickly", () => {
  const operations: KeyOperation[] = [];
  for (let i = 0; i < 60; i++) {
    const lost = i % 6 === 5;
    const command = { op: "put", key: "k", value: UTF8.encode(`v${i}`) } as const;
    operations.push({
      command,
      result: lost ? null : written(i + 1),
      began: 2 * i,
      ended: lost ? Infinity : 2 * i + 17,
    });
  }
  assertEquals(judgeKey(operations), "linearizable");
  const stale: KeyOperation = {
    command: { op: "get", key: "k" },
    result: { status: "value", storeRevision: 60, revision: 10, createRevision: 10, value: UTF8.encode("v9") },
    began: 1000,
    ended: 1001,
  };
  assertEquals(judgeKey([...operations, stale]), "violated");
  assertEquals(judgeKey(operations, 10), "undecided");
});
