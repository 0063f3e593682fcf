import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { clientId, logIndex } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { contextAt } from "../../tests/support/contexts.ts";
import { decodeEvent } from "../kv_change.ts";
import { decodeKvCommand, encodeKvCommand, type KvCommand } from "../kv_command.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { decodeKvResult, encodeKvResult, type KvResult } from "../kv_result.ts";
import { KvStore } from "../kv_store.ts";
import { encodeKvWatch } from "../kv_watch.ts";

const TTL = 5000;
const LEAD = LIMITS.clockLeadMs;
const value = Uint8Array.of(7);

/** A store at a log time, which its tests move. */
class Lab {
  store = new KvStore();
  time = 0;
  #index = 0;

  apply(command: KvCommand, client = "c1"): KvResult {
    const context = { ...contextAt(++this.#index, client), time: this.time };
    return decodeKvResult(this.store.apply(encodeKvCommand(command), context))!;
  }

  at(time: number): this {
    this.time = time;
    this.store.onTime(time, logIndex(++this.#index));
    return this;
  }

  grant(client = "c1", ttlMs = TTL): number {
    const result = this.apply({ op: "grant", ttlMs }, client);
    if (result.status !== "lease") throw new Error(result.status);
    return result.lease;
  }

  put(key: string, lease = 0, client = "c1"): string {
    return this.apply({ op: "put", key, value, lease }, client).status;
  }

  keys(): string[] {
    return [...this.store.items()].map(({ key }) => key);
  }

  list() {
    const bytes = encodeKvCommand({ op: "leases", after: 0, limit: 1000 });
    const result = decodeKvResult(this.store.query(bytes, contextAt()).value)!;
    if (result.status !== "leases") throw new Error(result.status);
    return result.items;
  }
}

Deno.test("a lease ends with all its keys at one revision, once its time has passed since its last renewal, and no earlier", () => {
  const lab = new Lab().at(1000);
  assertEquals(lab.store.nextDeadline(), null);
  const lease = lab.grant();
  assertEquals([lab.put("a", lease), lab.put("b"), lab.put("c", lease)], ["written", "written", "written"]);
  lab.time = 3000;
  assertEquals(lab.apply({ op: "renew", lease }), { status: "lease", lease, ttlMs: TTL });
  assertEquals(lab.store.nextDeadline(), 3000 + TTL + LEAD);
  lab.at(3000 + TTL + LEAD - 1);
  assertEquals(lab.keys(), ["a", "b", "c"]);
  lab.at(3000 + TTL + LEAD);
  assertEquals([lab.keys(), lab.store.revision, lab.store.nextDeadline()], [["b"], 4, null]);
  const feed = lab.store.feed(encodeKvWatch({ prefix: "" }), 3, contextAt())!;
  if (feed.kind !== "events") throw new Error(feed.kind);
  assertEquals(
    feed.events.map((event) => decodeEvent(event.value)!.map(({ key, createRevision }) => [key, createRevision])),
    [[
      ["a", 0],
      ["c", 0],
    ]],
  );
});

Deno.test("two leases that end at once take two revisions, and one without keys none", () => {
  const lab = new Lab();
  const leases = [lab.grant(), lab.grant("c2"), lab.grant()];
  lab.put("a", leases[0]);
  lab.put("b", leases[1], "c2");
  lab.at(TTL + LEAD);
  assertEquals([lab.keys(), lab.store.revision, lab.list()], [[], 4, []]);
});

Deno.test("only its client renews a lease, revokes it and puts keys into it; nobody once it has ended", () => {
  const lab = new Lab();
  const lease = lab.grant();
  const all = (client: string) => [
    lab.apply({ op: "renew", lease }, client).status,
    lab.put("a", lease, client),
    lab.apply({ op: "txn", compare: [], then: [{ op: "put", key: "t", value, lease }], else: [] }, client).status,
    lab.apply({ op: "revoke", lease }, client).status,
  ];
  assertEquals(all("c2"), ["no-lease", "no-lease", "no-lease", "no-lease"]);
  assertEquals(lab.store.revision, 0);
  assertEquals(all("c1"), ["lease", "written", "txn", "written"]);
  assertEquals([lab.keys(), lab.store.revision], [[], 3]);
  assertEquals(all("c1"), ["no-lease", "no-lease", "no-lease", "no-lease"]);
});

Deno.test("a key is in the lease it was put into last, and in none after a put without one or a cas", () => {
  const lab = new Lab();
  const [first, second] = [lab.grant(), lab.grant("c1", 2 * TTL)];
  for (const key of ["a", "b", "c", "d"]) lab.put(key, first);
  lab.put("a", second);
  lab.put("b");
  lab.apply({ op: "cas", key: "c", revision: 3, value });
  assertEquals(lab.list().map(({ keys }) => keys), [1, 1]);
  lab.at(TTL + LEAD);
  assertEquals(lab.keys(), ["a", "b", "c"]);
  lab.apply({ op: "delete", key: "a" });
  assertEquals(lab.list().map(({ keys }) => keys), [0]);
});

Deno.test("leases of a client, keys of a lease and its time are bounded", () => {
  const lab = new Lab();
  const lease = lab.grant();
  for (let i = 1; i < KV_LIMITS.maxClientLeases; i++) lab.grant();
  assertEquals(lab.apply({ op: "grant", ttlMs: TTL }).status, "lease-limit");
  lab.grant("c2");
  for (let i = 0; i < KV_LIMITS.maxLeaseKeys; i++) assertEquals(lab.put(`k${i}`, lease), "written");
  assertEquals([lab.put("more", lease), lab.put("k1", lease)], ["lease-limit", "written"]);
  const twoMore = ["x", "y"].map((key) => ({ op: "put", key, value, lease } as const));
  lab.apply({ op: "delete", key: "k0" });
  const revision = lab.store.revision;
  assertEquals(lab.apply({ op: "txn", compare: [], then: twoMore, else: [] }).status, "lease-limit");
  assertEquals(lab.store.revision, revision);
  for (const ttlMs of [0, KV_LIMITS.minLeaseMs - 1, KV_LIMITS.maxLeaseMs + 1, 1.5 * TTL + 0.5]) {
    assertThrows(() => encodeKvCommand({ op: "grant", ttlMs }), RangeError, "ttlMs must be");
  }
});

Deno.test("more leases than may end at once end when log time moves next", () => {
  const lab = new Lab();
  for (let i = 0; i < KV_LIMITS.maxEndingLeases + 5; i++) lab.grant(`c${i % 8}`);
  lab.at(TTL + LEAD);
  assertEquals(lab.list().length, 5);
  assertEquals(
    lab.apply({ op: "renew", lease: KV_LIMITS.maxEndingLeases + 1 }).status,
    "no-lease",
    "its time has come",
  );
  lab.at(TTL + LEAD + 1);
  assertEquals(lab.list(), []);
});

Deno.test("a list says what is left by the store's own time, and goes on behind a number", () => {
  const lab = new Lab();
  lab.time = 100;
  lab.grant();
  lab.grant("c2");
  lab.at(1100);
  assertEquals(lab.list()[0], { lease: 1, client: "c1", ttlMs: TTL, remainingMs: TTL - 1000, keys: 0 });
  const bytes = encodeKvCommand({ op: "leases", after: 0, limit: 1 });
  const page = decodeKvResult(lab.store.query(bytes, contextAt()).value);
  assert(page?.status === "leases" && page.more && page.items.length === 1);
});

Deno.test("commands and results about leases have one encoding each", () => {
  const commands: KvCommand[] = [
    ...[{ op: "grant", ttlMs: TTL }, { op: "renew", lease: 1 }, { op: "revoke", lease: 2 ** 40 }] as const,
    ...[{ op: "leases", after: 0, limit: 3 }, { op: "put", key: "k", lease: 9, value }] as const,
  ];
  for (const command of commands) {
    const bytes = encodeKvCommand(command);
    assertEquals(decodeKvCommand(bytes), command);
    for (const bad of [bytes.subarray(0, -1), Uint8Array.of(...bytes, 0)]) assertEquals(decodeKvCommand(bad), null);
  }
  assertEquals(decodeKvCommand(Uint8Array.of(1, 10, 0, 0, 0, 0, 0, 0, 0, 0)), null, "no lease has number 0");
  assertEquals(decodeKvCommand(Uint8Array.of(1, 9, 0, 0, 0, 0, 0, 0, 0, 1)), null, "a millisecond is too short");
  const item = { lease: 1, client: clientId("c1"), ttlMs: 1, remainingMs: 0, keys: 3 };
  const results: KvResult[] = [
    ...[{ status: "lease", lease: 3, ttlMs: TTL }, { status: "no-lease" }, { status: "lease-limit" }] as const,
    { status: "leases", more: true, items: [item, { ...item, lease: 2 }] },
  ];
  for (const result of results) {
    const bytes = encodeKvResult(result);
    assertEquals(decodeKvResult(bytes), result);
    assertEquals(decodeKvResult(Uint8Array.of(...bytes, 0)), null);
  }
});

/** A random step of a store. */
const step = fc.oneof(
  fc.record({ do: fc.constant("grant" as const), ttlMs: fc.integer({ min: 1000, max: 9000 }) }),
  fc.record({ do: fc.constantFrom("renew" as const, "revoke" as const), lease: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("put" as const), key: fc.constantFrom("a", "b", "c"), lease: fc.nat(6) }),
  fc.record({ do: fc.constant("delete" as const), key: fc.constantFrom("a", "b", "c") }),
  fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 4000 }) }),
  fc.record({ do: fc.constant("restore" as const) }),
);

Deno.test("a store goes on from its snapshot as it would have, and keys go with their leases as a plain model says", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const [lab, other] = [new Lab(), new Lab()];
    const deadlines = new Map<number, number>();
    const leaseOf = new Map<string, number>();
    let granted = 0;
    for (const each of steps) {
      if (each.do === "restore") {
        const chunks = [...lab.store.snapshot()];
        lab.store = new KvStore();
        lab.store.restore(chunks);
        continue;
      }
      if (each.do === "time") {
        for (const store of [lab, other]) store.at(store.time + each.ms);
        for (const [lease, deadline] of deadlines) if (deadline <= lab.time) end(lease);
      } else {
        const command = commandOf(each);
        const [result, same] = [lab.apply(command), other.apply(command)];
        assertEquals(result, same);
        if (result.status === "lease" && each.do === "grant") granted = result.lease;
        if (result.status === "lease") deadlines.set(result.lease, lab.time + result.ttlMs + LEAD);
        if (each.do === "revoke") end(each.lease);
        if (each.do === "put" && result.status === "written") leaseOf.set(each.key, each.lease);
        if (each.do === "delete") leaseOf.delete(each.key);
      }
      assertEquals(lab.keys(), [...leaseOf.keys()].sort());
      assertEquals(lab.store.digest(), other.store.digest());
      assertEquals(lab.list().map(({ lease }) => lease), [...deadlines.keys()].sort((a, b) => a - b));
    }
    assert(granted <= steps.length);

    function end(lease: number): void {
      if (!deadlines.delete(lease)) return;
      for (const [key, of] of leaseOf) if (of === lease) leaseOf.delete(key);
    }
  }));
});

type Step = Exclude<typeof step extends fc.Arbitrary<infer S> ? S : never, { do: "time" | "restore" }>;

function commandOf(each: Step): KvCommand {
  switch (each.do) {
    case "grant":
      return { op: "grant", ttlMs: each.ttlMs };
    case "renew":
    case "revoke":
      return { op: each.do, lease: each.lease };
    case "put":
      return { op: "put", key: each.key, value, lease: each.lease };
    case "delete":
      return { op: "delete", key: each.key };
  }
}

Deno.test("a snapshot whose leases no store can have is refused in words", () => {
  const lab = new Lab().at(5);
  lab.put("a", lab.grant());
  lab.grant();
  const good = [...lab.store.snapshot()];
  const restore = (chunks: readonly Uint8Array[]) => new KvStore().restore(chunks);
  restore(good);
  assertThrows(() => restore(good.slice(0, -1)), RangeError, "has");
  assertThrows(() => restore([...good, good.at(-1)!]), RangeError, "is one too many");
  assertThrows(() => restore(good.with(-1, good.at(-2)!)), RangeError, "has digest");
  assertThrows(() => restore(good.with(0, good[0]!.with(0, 3))), RangeError);
  assertThrows(() => restore(good.with(0, good[0]!.with(0, 5))), RangeError, "has version 5");
});
