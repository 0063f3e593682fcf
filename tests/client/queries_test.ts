import { assert, assertEquals, assertRejects } from "@std/assert";
import { type CommittedEntry, NoQuorumError, RefusedError, UsageError } from "../../client/mod.ts";
import type { QueryReply } from "../../protocol/message.ts";
import { decodeKvCommand, decodeKvResult, encodeKvCommand } from "../../state_machine/mod.ts";
import type { FakeCluster } from "./fake_cluster.ts";
import { type Script, SILENT } from "./fake_scripts.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const says = (value: unknown, ok = true): Script => ({
  query: (reply: QueryReply) => ({ ...reply, ok, payload: new TextEncoder().encode(JSON.stringify(value)) }),
});
const commandsOf = (entry: CommittedEntry) => entry.committed ? entry.commands : [];

Deno.test("client: a committed command is what f+1 replicas say alike", () =>
  withFakeCluster(
    { scripts: { r1: says({ index: 2, term: 9, hash: "cd".repeat(32), commands: [] }), r4: SILENT } },
    async (_, connect) => {
      const client = connect();
      await client.put("k", "v");
      const entry = await client.getCommittedCommand(2);
      assert(entry.committed && entry.term === 1);
      assertEquals(commandsOf(entry).map(({ client }) => client), ["c1"]);
      const [command] = commandsOf(entry);
      if (command === undefined || "base" in command) throw new Error("wanted the command just put");
      assertEquals([command.session, command.seq, command.mode], [1, 1, "command"]);
      const value = new TextEncoder().encode("v");
      assertEquals(decodeKvCommand(command.command), { op: "put", key: "k", value });
      assertEquals(commandsOf(await client.getCommittedCommand(1)), [{ client: "c1", base: 0 }]);
    },
  ));

Deno.test("client: no command is committed at an index once a quorum says so twice", () =>
  withFakeCluster(
    { scripts: { r1: says({ index: 7, term: 9, hash: "cd".repeat(32), commands: [] }) } },
    async (cluster, connect) => {
      const client = connect("c1", { timings: { queryRetryMs: 20 } });
      await client.put("k", "v");
      assertEquals(await client.getCommittedCommand(7), { committed: false, index: 7, commitIndex: 2 });
      const asked = cluster.arrivals.filter(({ replica, packet }) =>
        replica === "r2" && packet.kind === "GetCommittedCommand"
      );
      assert(asked.length >= 2, "a replica that says none is asked once more");
    },
  ));

Deno.test("client: replicas that disagree about an index, or talk nonsense, prove nothing", async () => {
  const nonsense: unknown[] = [
    { index: 2, term: 1, hash: "ab".repeat(32), commands: [] },
    { index: 1, term: -1, hash: "ab".repeat(32), commands: [] },
    { index: 1, term: 1, hash: "xyz", commands: [] },
    {
      index: 1,
      term: 1,
      hash: "ab".repeat(32),
      commands: [{ client: "c1", session: 1, seq: 1, mode: "command", command: "***" }],
    },
    { index: 1, term: 1, hash: "ab".repeat(32), commands: [{ client: "c1", seq: 1, mode: "command", command: "" }] },
    { index: 1, term: 1, hash: "ab".repeat(32), commands: [{ client: "c1", session: 1, seq: 1, command: "" }] },
    ...["", "read", 1].map((mode) => ({
      ...{ index: 1, term: 1, hash: "ab".repeat(32) },
      commands: [{ client: "c1", session: 1, seq: 1, mode, command: "" }],
    })),
    "text",
  ];
  for (const value of nonsense) {
    await withFakeCluster({ scripts: { r1: says(value), r3: SILENT, r4: SILENT } }, async (_, connect) => {
      const client = connect("c1", { timings: { queryRetryMs: 20 } });
      await assertRejects(() => client.getCommittedCommand(1, { timeoutMs: 120 }), NoQuorumError, "command at index 1");
    });
  }
});

Deno.test("client: an entry of statements tells what replicas stated of their clocks, as f+1 replicas say alike", async () => {
  const entry = { index: 3, term: 1, hash: "ab".repeat(32), commands: [] };
  const statements = [{ replica: "r1", clock: 1000 }, { replica: "r2", clock: 1003 }];
  const told = says({ ...entry, statements });
  const scripts = { r1: says({ ...entry, statements: statements.slice(1) }), r2: told, r3: told, r4: SILENT };
  await withFakeCluster({ scripts }, async (_, connect) => {
    assertEquals(await connect().getCommittedCommand(3), { committed: true, ...entry, statements });
  });
  const wrong: unknown[] = [[], {}, [{ replica: "r1" }], [{ replica: "r1", clock: -1 }], Array(65).fill(statements[0])];
  for (const each of wrong) {
    const lie = says({ ...entry, statements: each });
    await withFakeCluster({ scripts: { r1: lie, r2: lie, r3: SILENT, r4: SILENT } }, async (_, connect) => {
      await assertRejects(() => connect().getCommittedCommand(3), RefusedError, "no committed entry");
    });
  }
});

Deno.test("client: a refusal that f+1 replicas share is passed on, cleaned of control characters", () =>
  withFakeCluster({
    scripts: {
      r1: says({ error: "compacted\u001b[2J" }, false),
      r2: says({ error: "compacted\u001b[2J" }, false),
      r3: SILENT,
    },
  }, async (_, connect) => {
    const error = await assertRejects(() => connect().getCommittedCommand(1), RefusedError, "compacted");
    assert(error instanceof Error && !error.message.includes("\u001b"));
  }));

Deno.test("client: status shows every replica for itself, silent and nonsensical ones as such", () =>
  withFakeCluster(
    { scripts: { r2: SILENT, r3: { query: (reply) => ({ ...reply, payload: Uint8Array.of(0xff) }) } } },
    async (_, connect) => {
      const lines = await connect("c1", { timings: { statusMs: 200 } }).getStatus();
      assertEquals(lines.map(({ replica, reachable }) => [replica, reachable]), [["r1", true], ["r2", false], [
        "r3",
        false,
      ], ["r4", true]]);
      const reasons = lines.map((line) => line.reachable ? "" : line.reason);
      assertEquals(reasons, ["", "unreachable", "answered with something that is no JSON", ""]);
    },
  ));

Deno.test("client: JSON nested without end is not walked", () =>
  withFakeCluster({
    scripts: {
      r1: { query: (reply) => ({ ...reply, payload: new TextEncoder().encode("[".repeat(9999) + "]".repeat(9999)) }) },
    },
  }, async (_, connect) => {
    const lines = await connect().getStatus();
    assertEquals(lines[0]?.reachable, false);
    assert(lines.slice(1).every(({ reachable }) => reachable));
  }));

Deno.test("client: the operator activates and deactivates replicas, nobody else does", () =>
  withFakeCluster({ scripts: { r3: says({ error: "not newer" }, false), r4: SILENT } }, async (cluster, connect) => {
    const operator = connect("operator", { timings: { queryRetryMs: 30 } });
    await operator.setActive("r2", false);
    await operator.setActive("r2", true);
    const orders = cluster.arrivals.map(({ packet }) => packet.signed.message).filter((m) => m.kind === "SetActive");
    // The second time it learns from a refusal which order is next.
    assertEquals(orders.map(({ active, order }) => [active, order]), [[false, 1], [true, 1], [true, 2]]);
    assertEquals(new Set(orders.map(({ nonce }) => nonce)).size, 3);
    await assertRejects(() => operator.setActive("r3", true), RefusedError, "not newer");
    await assertRejects(() => operator.setActive("r4", true, { timeoutMs: 150 }), NoQuorumError, "r4");
    await assertRejects(() => operator.setActive("r9", true), UsageError, '"r9"; wanted one of r1, r2');
    await assertRejects(() => operator.getStatus(), UsageError, "wanted a client's");
    await assertRejects(() => connect("c1").setActive("r1", true), UsageError, "the operator's");
  }));

Deno.test("client: fast reads are refused where the roster does not enable them (§7.4)", () =>
  withFakeCluster({}, async (_, connect) => {
    await assertRejects(() => connect().fastRead("k"), UsageError, "fastReads");
  }));

Deno.test("client: a fast read takes Q equal answers and orders nothing", () =>
  withFakeCluster({ constants: { fastReads: true }, scripts: { r4: SILENT } }, async (cluster, connect) => {
    const client = connect();
    await client.put("k", "v");
    const read = await client.fastRead("k");
    assert(read.found && read.fast);
    assertEquals(cluster.ordered.length, 1);
  }));

Deno.test("client: a fast read that cannot reach Q goes through the log", () =>
  withFakeCluster(
    { constants: { fastReads: true }, scripts: { r3: says("stale"), r4: says("stale") } },
    async (cluster, connect) => {
      const client = connect();
      await client.put("k", "v");
      const read = await client.fastRead("k");
      assert(read.found && !read.fast);
      assertEquals(cluster.ordered.map(({ mode }) => mode), ["command", "query"]);
    },
  ));

Deno.test("client: fast reads at once share a packet, and all of them are answered though replicas leave some out", () =>
  withFakeCluster({ constants: { fastReads: true } }, async (cluster, connect) => {
    const client = connect();
    for (const key of ["a", "b", "c", "d"]) await client.put(key, key);
    for (const id of ["r1", "r2", "r3"]) cluster.scripts[id] = { readsAnswered: 3 };
    const reads = await Promise.all(["a", "b", "c", "d", "e"].map((key) => client.fastRead(key)));
    const told = reads.map((read) => [read.fast, read.found && new TextDecoder().decode(read.value)]);
    assertEquals(told, [[true, "a"], [true, "b"], [true, "c"], [true, "d"], [true, false]]);
    const sizes = cluster.arrivals.flatMap(({ packet: { signed: { message } } }) =>
      message.kind === "FastReads" ? [[message.nonce, message.queries.length] as const] : []
    );
    assertEquals([...new Map(sizes).values()], [5, 2]);
  }));

const GET_K = encodeKvCommand({ op: "get", key: "k" });
const kinds = ({ ordered }: FakeCluster) =>
  ordered.map(({ mode, command }) => `${mode} ${decodeKvCommand(command)?.op}`);

Deno.test("client: a query that cannot reach Q is ordered as a query (§7.4)", () =>
  withFakeCluster(
    { constants: { fastReads: true }, scripts: { r3: says("stale"), r4: says("stale") } },
    async (cluster, connect) => {
      const client = connect();
      await client.put("k", "v");
      const { value, fast } = await client.query(GET_K);
      assertEquals([decodeKvResult(value)?.status, fast], ["value", false]);
      assertEquals(kinds(cluster), ["command put", "query get"]);
    },
  ));

Deno.test("client: without fast reads a query is ordered at once, and no replica is asked outside the log (§7.4)", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const client = connect();
    await client.put("k", "v");
    const { value, fast } = await client.query(GET_K);
    assertEquals([decodeKvResult(value)?.status, fast], ["value", false]);
    assertEquals(kinds(cluster), ["command put", "query get"]);
    assertEquals(cluster.arrivals.some(({ packet }) => packet.kind === "FastReads"), false);
  }));

Deno.test("client: get and list are ordered as queries, writes as commands (§7.4)", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const client = connect();
    await client.put("k", "v");
    assert((await client.get("k")).found);
    assertEquals((await client.list()).items.length, 1);
    await client.cas("k", 1, "w");
    await client.delete("k");
    await client.execute(GET_K);
    const ordered = ["command put", "query get", "query list", "command cas", "command delete", "command get"];
    assertEquals(kinds(cluster), ordered);
  }));

Deno.test("client: a query that found no quorum leaves nothing undecided, and the fast read takes half its time at most", () =>
  withFakeCluster({ constants: { fastReads: true }, scripts: { r3: SILENT, r4: SILENT } }, async (cluster, connect) => {
    const client = connect("c1", { timings: { fastReadMs: 60_000 } });
    const error = await assertRejects(
      () => client.query(GET_K, { timeoutMs: 1000 }),
      NoQuorumError,
      "query: no quorum",
    );
    assertEquals([error.undecided, error.message.includes("may have been executed")], [false, false]);
    assert(error.progress.waitedMs < 1000, `it was ordered for ${error.progress.waitedMs} ms`);
    assertEquals(cluster.ordered.map(({ mode }) => mode), ["query"]);
  }));

Deno.test("client: where fast reads are on, f+1 answers are too few for a write (§7.4)", () =>
  withFakeCluster({ constants: { fastReads: true }, scripts: { r3: SILENT, r4: SILENT } }, async (_, connect) => {
    await assertRejects(() => connect().put("k", "v", { timeoutMs: 200 }), NoQuorumError, "wanted 3 equal answers");
  }));
