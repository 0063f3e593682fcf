/** Watches of a whole cluster in one process: replicas that stop, lie in their feeds or are restored, and clients that are slow. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Change,
  type ChangeEvent,
  type Client,
  RevisionGoneError,
  UsageError,
  type Watch,
} from "../../../client/mod.ts";
import type { Feed } from "../../../protocol/operations/feed.ts";
import type { QueryContext } from "../../../protocol/ports.ts";
import { encodeKvWatch, KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const text = ({ key, value }: Change): string =>
  value === null ? `-${key}` : `${key}=${new TextDecoder().decode(value)}`;
const line = ({ revision, changes }: ChangeEvent): string => `${revision} ${changes.map(text).join(" ")}`;

/** Reads `count` events of a watch. */
async function take(watch: Watch, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const event of watch) {
    lines.push(line(event));
    if (lines.length === count) break;
  }
  return lines;
}

/** Writes `count` keys one after the other, and returns the events that they make. */
async function write(client: Client, count: number, prefix = "k"): Promise<string[]> {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const { revision } = await client.put(`${prefix}${i % 5}`, `${i}`);
    lines.push(`${revision} ${prefix}${i % 5}=${i}`);
  }
  return lines;
}

Deno.test("§7.6b a watch tells each change once and in order, of the keys watched, with all that a transaction changed together", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a/before", "");
  const [all, some, one] = [await client.watch(), await client.watch("a/"), await client.watch("a/1", { exact: true })];
  const reading = Promise.all([take(all, 5), take(some, 4), take(one, 2)]);
  await client.put("a/1", "1");
  await client.put("b", "2");
  await client.txn({
    then: [{ op: "put", key: "b", value: "3" }, { op: "put", key: "a/1", value: "3" }, {
      op: "put",
      key: "a/2",
      value: "3",
    }],
  });
  await client.delete("a/2");
  await client.delete("a/2");
  await client.put("a/11", "4");
  assertEquals(await reading, [
    ["2 a/1=1", "3 b=2", "4 b=3 a/1=3 a/2=3", "5 -a/2", "6 a/11=4"],
    ["2 a/1=1", "4 a/1=3 a/2=3", "5 -a/2", "6 a/11=4"],
    ["2 a/1=1", "4 a/1=3"],
  ]);
  assertEquals(await take(await client.watch("", { from: 4 }), 1), ["4 b=3 a/1=3 a/2=3"]);
  assertEquals(await take(await client.watch("", { from: 1 }), 2), ["1 a/before=", "2 a/1=1"]);
});

Deno.test("a watch from beyond the store is of another history, one of garbage is refused, and so is the operator's", async () => {
  await using cluster = MemoryCluster.start();
  const [client, operator] = [cluster.client("c1"), cluster.client("operator")];
  await client.put("k", "");
  await client.watch("", { from: 2 });
  const gone = await assertRejects(() => client.watch("", { from: 3 }), RevisionGoneError, "another history");
  assertEquals([gone.wanted, gone.oldest], [3, null]);
  for (const from of [0, -1, 1.5]) {
    await assertRejects(() => client.watch("", { from }), UsageError, `from was given ${from}`);
  }
  await assertRejects(() => client.watch("k".repeat(1025)), UsageError, "prefix must have");
  await assertRejects(() => operator.watch(), UsageError, "wanted a client's");
  const garbage = client.follow(Uint8Array.of(9), 0)[Symbol.asyncIterator]();
  await assertRejects(() => garbage.next(), Error, "replicas refused it: malformed");
});

/** A store whose feeds are not what happened. */
class LyingStore extends KvStore {
  readonly #bend: (feed: Feed | null, after: number) => Feed | null;

  constructor(bend: (feed: Feed | null, after: number) => Feed | null) {
    super();
    this.#bend = bend;
  }

  override feed(watch: Uint8Array, after: number, context: QueryContext): Feed | null {
    return this.#bend(super.feed(watch, after, context), after);
  }
}

const FORGED = { position: 0, value: Uint8Array.of(0, 1, 0, 1, 107, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 33) };
const LIES: Readonly<Record<string, (feed: Feed | null, after: number) => Feed | null>> = {
  "invents events": (_, after) => ({
    kind: "events",
    events: [{ ...FORGED, position: after + 1 }],
    through: after + 1,
  }),
  "hides all events": (_, after) => ({ kind: "events", events: [], through: after + 1000 }),
  "tells of other values": (feed) =>
    feed?.kind === "events" ? { ...feed, events: feed.events.map(({ position }) => ({ ...FORGED, position })) } : feed,
  "moves events": (feed) =>
    feed?.kind === "events" && feed.events.length > 0
      ? {
        ...feed,
        events: feed.events.map((event) => ({ ...event, position: event.position + 1 })),
        through: feed.through + 1,
      }
      : feed,
  "says that all is gone": (_, after) => ({ kind: "gone", oldest: after + 100 }),
  "refuses": () => ({ kind: "refused", reason: "malformed" }),
  "tells nothing": () => null,
  "goes backwards": (_, after) => ({
    kind: "events",
    events: [{ ...FORGED, position: Math.max(0, after - 1) }],
    through: after,
  }),
};

for (const [what, bend] of Object.entries(LIES)) {
  Deno.test(`§7.6b one replica that ${what} changes nothing and holds up nothing`, async () => {
    await using cluster = MemoryCluster.start({}, { r2: { machine: new LyingStore(bend) } });
    const client = cluster.client("c1");
    const watch = await client.watch();
    const reading = take(watch, 30);
    const written = await write(client, 30);
    assertEquals(await reading, written);
  });
}

Deno.test("a watch goes on while replicas stop and come back, one by one, and one that was away fetches the state", async () => {
  await using cluster = MemoryCluster.start({
    constants: { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 10, logTail: 1 },
  });
  const client = cluster.client("c1");
  const reading = take(await client.watch(), 160);
  const written: string[] = [];
  for (const id of ["r1", "r2", "r3", "r4"]) {
    await cluster.stop(id);
    written.push(...await write(client, 40, id));
    cluster.start(id);
    await eventually(`${id} is level`, () => {
      const commits = cluster.statuses().map(({ appliedIndex }) => appliedIndex);
      return Math.max(...commits) - Math.min(...commits) < 5;
    });
  }
  assertEquals(await reading, written);
});

Deno.test("who reads slowly misses nothing, and holds no more than a bound here; who begins behind what is kept is told so", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const watch = await client.watch();
  const events = watch[Symbol.asyncIterator]();
  const first = events.next();
  const value = new Uint8Array(60_000);
  for (let i = 0; i < 60; i++) await client.put(`k${i}`, value);
  assertEquals((await first).value?.revision, 1);
  for (let revision = 2; revision <= 60; revision++) assertEquals((await events.next()).value?.revision, revision);
  const batch = Array.from({ length: 260 }, (_, i) => client.put(`b${i % 9}`, value, { timeoutMs: 60_000 }));
  await Promise.all(batch);
  const gone = await assertRejects(async () => await take(await client.watch("", { from: 1 }), 1), RevisionGoneError);
  assert(gone.oldest !== null && gone.oldest > 1, `${gone.oldest}`);
  assertEquals((await take(await client.watch("", { from: gone.oldest }), 1)).length, 1);
});

Deno.test("a watch ends with its signal, its loop or its client, and leaves nothing behind", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const stop = new AbortController();
  const watch = await client.watch("", { signal: stop.signal });
  const reading = take(watch, 1);
  stop.abort(new Error("enough"));
  await assertRejects(() => reading, Error, "enough");
  await assertRejects(() => client.watch("", { signal: stop.signal }), Error, "enough");
  const other = cluster.client("c2");
  const open = take(await other.watch(), 1);
  const closed = assertRejects(() => open, Error, "closed");
  await other.close();
  await closed;
  const raw = client.follow(encodeKvWatch({ prefix: "" }), 0)[Symbol.asyncIterator]();
  const waiting = raw.next();
  await client.put("k", "v");
  assertEquals((await waiting).value?.events.length, 1);
  await raw.return?.();
});
