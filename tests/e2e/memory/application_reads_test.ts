/** An application with a state machine of its own: its queries are answered by `query` and never reach `apply` (§7.4). */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { RefusedError, UsageError } from "../../../client/mod.ts";
import type { StateMachine } from "../../../protocol/ports.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const IDS = ["r1", "r2", "r3", "r4"];
const QUERIES = 60;
const BEHIND = 3;
const utf8 = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Adds up numbers. A command is `+N`, a query `sum?`: neither is the other, and each is noted where it arrives. */
class Sum implements StateMachine {
  readonly applied: string[] = [];
  readonly queried: string[] = [];
  #sum = 0;
  #version = 0;
  /** Number of queries it answers as if it had applied one command less. */
  #behind: number;

  constructor(behind = 0) {
    this.#behind = behind;
  }

  apply(command: Uint8Array): Uint8Array {
    this.applied.push(text(command));
    this.#version++;
    this.#sum += Number(text(command));
    return utf8.encode(`${this.#sum}`);
  }

  query(query: Uint8Array) {
    this.queried.push(text(query));
    if (text(query) === "throw") throw new RangeError("a query that the application did not think of");
    const missing = this.#behind-- > 0 ? 1 : 0;
    return { version: this.#version - missing, value: utf8.encode(`${this.#sum - missing}`) };
  }

  *snapshot() {
    yield utf8.encode(`${this.#sum} ${this.#version}`);
  }

  restore(chunks: Iterable<Uint8Array>): void {
    [this.#sum, this.#version] = [...chunks].map(text).join("").split(" ").map(Number) as [number, number];
  }

  digest(): Uint8Array {
    return new Uint8Array(32).fill(this.#sum % 256);
  }
}

/** Starts a cluster of sums; `fastReads` as in its roster. Two of four are behind for as many queries. */
function start(fastReads: boolean, behind = 0) {
  const machines = new Map(IDS.map((id, i) => [id, new Sum(i < 2 ? 0 : behind)]));
  const changes = Object.fromEntries(IDS.map((id) => [id, { machine: machines.get(id)! }]));
  const constants = { electionTimeoutMs: 150, patienceMs: 200, fastReads };
  return { machines, cluster: MemoryCluster.start({ constants }, changes) };
}

Deno.test("queries under writes are answered by query, in an order that time allows, and none of them is applied", async () => {
  const { machines, cluster } = start(true, BEHIND);
  await using _closed = cluster;
  const [writer, reader] = [cluster.client("c1"), cluster.client("c2")];
  await writer.execute(utf8.encode("+1"));
  let [acknowledged, writing] = [1, true];
  const writes = (async () => {
    while (writing) acknowledged = Number(text((await writer.execute(utf8.encode("+1"))).result));
  })();
  let slow = 0;
  for (let asked = 0, last = 0; asked < QUERIES; asked++) {
    const before = acknowledged;
    const { value, fast } = await reader.query(utf8.encode("sum?"));
    if (!fast) slow++;
    const read = Number(text(value));
    assert(read >= before && read >= last, `read ${read} after ${before} was acknowledged and ${last} read`);
    last = read;
  }
  writing = false;
  await writes;
  assertNotEquals(slow, 0, "the replicas never disagreed");
  for (const { applied, queried } of machines.values()) {
    assertEquals([...new Set(applied)], ["+1"]);
    assertEquals([...new Set(queried)], ["sum?"]);
  }
});

Deno.test("a query that finds no common state in time is refused, and not applied either", async () => {
  const { machines, cluster } = start(true);
  await using _closed = cluster;
  const client = cluster.client("c1");
  await client.execute(utf8.encode("+1"));
  for (const id of ["r3", "r4"]) await cluster.stop(id);
  const error = await assertRejects(() => client.query(utf8.encode("sum?"), { timeoutMs: 1200 }), RefusedError);
  assertEquals(error.code, "no-common-state");
  const aborted = AbortSignal.timeout(700);
  await assertRejects(() => client.query(utf8.encode("sum?"), { signal: aborted }), DOMException);
  for (const { applied } of machines.values()) assertEquals(new Set(applied).has("sum?"), false);
});

Deno.test("a query is refused without fast reads, and told what is wanted of an own state machine", async () => {
  const { machines, cluster } = start(false);
  await using _closed = cluster;
  const error = await assertRejects(() => cluster.client("c1").query(utf8.encode("sum?")), UsageError);
  assertEquals(
    error.message,
    "a query was given; wanted a roster that enables fastReads, or a command of the state machine (execute)",
  );
  for (const { applied } of machines.values()) assertEquals(applied, []);
});

Deno.test("a query that throws is the application's fault and stops the replica, as a command that throws does", async () => {
  const { cluster } = start(true);
  await using _closed = cluster;
  const client = cluster.client("c1");
  await client.execute(utf8.encode("+1"));
  const running = [...cluster.nodes.values()].map((node) => node.running);
  client.query(utf8.encode("throw"), { timeoutMs: 300 }).catch(() => {});
  for (const run of running) await assertRejects(() => run, RangeError, "did not think of");
});
