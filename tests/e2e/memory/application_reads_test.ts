/** An application with a state machine of its own: its queries are answered by `query` and never reach `apply` (§7.4). */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NoQuorumError, UsageError } from "../../../client/mod.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { add, ask, readUnderWrites } from "../../support/sum_load.ts";
import { SumMachine } from "../../support/sum_machine.ts";

const IDS = ["r1", "r2", "r3", "r4"];
const QUERIES = 60;
const SKEWED = 3;
const utf8 = new TextEncoder();

/** Starts a cluster of sums; `fastReads` as in its roster. Two of four disagree with the others for as many queries. */
function start(fastReads: boolean, skewed = 0) {
  const machines = new Map(IDS.map((id, i) => [id, new SumMachine(i < 2 ? 0 : i, skewed)]));
  const changes = Object.fromEntries(IDS.map((id) => [id, { machine: machines.get(id)! }]));
  const constants = { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 20, fastReads };
  return { machines, cluster: MemoryCluster.start({ constants }, changes) };
}

function assertKeptApart(machines: ReadonlyMap<string, SumMachine>): void {
  for (const { applied, queried } of machines.values()) {
    assertEquals([...new Set(applied)], ["+1"]);
    assertEquals([...new Set(queried)], ["sum?"]);
  }
}

Deno.test("queries under writes are answered by query, fast or ordered, in an order that time allows", async () => {
  const { machines, cluster } = start(true, SKEWED);
  await using _closed = cluster;
  const quick = await readUnderWrites(cluster.client("c1"), cluster.client("c2"), QUERIES);
  assert(quick > 0 && quick < QUERIES, `${quick} of ${QUERIES} were fast`);
  assertKeptApart(machines);
});

Deno.test("without fast reads every query is ordered, and a replica that replays the log applies none of them", async () => {
  const { machines, cluster } = start(false);
  await using _closed = cluster;
  const client = cluster.client("c1");
  assertEquals(await readUnderWrites(client, cluster.client("c2"), QUERIES), 0);
  await cluster.stop("r4");
  machines.set("r4", new SumMachine());
  cluster.start("r4", { machine: machines.get("r4")! });
  await add(client);
  await ask(client, "sum?");
  await eventually("equal states everywhere", () => {
    const states = cluster.statuses().map(({ state }) => `${state.appliedIndex} ${state.digest}`);
    return states.length === IDS.length && new Set(states).size === 1;
  });
  assertKeptApart(machines);
});

Deno.test("an ordered query stands in the log as a query, at one place", async () => {
  const { cluster } = start(false);
  await using _closed = cluster;
  const client = cluster.client("c1");
  const { index } = await client.execute(utf8.encode("+1"));
  await ask(client, "sum?");
  const entry = await client.getCommittedCommand(index + 1);
  const requests = entry.committed ? entry.commands : [];
  const shown = requests.map((each) =>
    "mode" in each && `${each.mode} ${each.seq} ${new TextDecoder().decode(each.command)}`
  );
  assertEquals(shown, ["query 2 sum?"]);
});

for (const fastReads of [true, false]) {
  Deno.test(`a query that too few can answer ends without one, and changed nothing: fast reads ${fastReads}`, async () => {
    const { machines, cluster } = start(fastReads);
    await using _closed = cluster;
    const client = cluster.client("c1");
    await add(client);
    for (const id of ["r3", "r4"]) await cluster.stop(id);
    const error = await assertRejects(() => client.query(utf8.encode("sum?"), { timeoutMs: 900 }), NoQuorumError);
    assertEquals([error.undecided, error.message.includes("may have been executed")], [false, false]);
    const aborted = AbortSignal.timeout(700);
    await assertRejects(() => client.query(utf8.encode("sum?"), { signal: aborted }), DOMException);
    for (const { applied } of machines.values()) assertEquals(applied, ["+1"]);
  });

  Deno.test(`a query that throws is the application's fault and stops the replica, as a command that throws does: fast reads ${fastReads}`, async () => {
    const { cluster } = start(fastReads);
    await using _closed = cluster;
    const client = cluster.client("c1");
    await add(client);
    const running = [...cluster.nodes.values()].map((node) => node.running);
    client.query(utf8.encode("throw"), { timeoutMs: 2000 }).catch(() => {});
    for (const run of running) await assertRejects(() => run, RangeError, "did not think of");
  });

  Deno.test(`a query out of its limits is refused before it is sent: fast reads ${fastReads}`, async () => {
    const { cluster } = start(fastReads);
    await using _closed = cluster;
    const client = cluster.client("c1");
    const long = new Uint8Array(LIMITS.maxCommandBytes + 1);
    await assertRejects(() => client.query(long), UsageError, `query was given ${long.length} bytes`);
    await assertRejects(() => client.query(utf8.encode("sum?"), { timeoutMs: 0 }), UsageError, "timeoutMs was given 0");
  });
}
