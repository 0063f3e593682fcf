import { assert, assertEquals, assertRejects } from "@std/assert";
import { MAX_GARBAGE_PER_SECOND } from "../../client/loop/inbox.ts";
import { ClosedError, NoQuorumError, RefusedError, UndecidedError, UsageError } from "../../client/mod.ts";
import type { PartPacket } from "../../protocol/packet.ts";
import { decodeKvCommand } from "../../state_machine/mod.ts";
import { decodeReplyPacket, encodePacket, encodeReplyPart } from "../../transport/codec/mod.ts";
import { LIAR, SILENT } from "./fake_scripts.ts";
import { until, withFakeCluster } from "./with_fake_cluster.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("client: put, get, cas, delete and list through f+1 equal answers", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    assertEquals(await client.put("a", "1"), { revision: 1, index: 2 });
    const got = await client.get("a");
    if (!got.found) throw new Error("wanted the value just put");
    assertEquals([text(got.value), got.revision, got.storeRevision], ["1", 1, 1]);
    assertEquals(await client.get("b"), { found: false, storeRevision: 1 });
    assertEquals(await client.cas("a", 7, "2"), { done: false, revision: 1, index: 5 });
    assertEquals(await client.cas("a", 1, "2"), { done: true, revision: 2, index: 6 });
    assertEquals(await client.cas("ab", 0, "3"), { done: true, revision: 3, index: 7 });
    const { items, more } = await client.list("a");
    assertEquals([items.map(({ key, value }) => `${key}=${text(value)}`), more], [["a=2", "ab=3"], false]);
    assertEquals(await client.delete("a"), { done: true, revision: 4, index: 9 });
    assertEquals((await client.delete("a")).done, false);
  }));

Deno.test("client: a liar is outvoted and named (attack: a client trusting one reply)", () =>
  withFakeCluster({ scripts: { r1: LIAR } }, async (_cluster, connect) => {
    const client = connect();
    for (let i = 1; i <= 3; i++) assertEquals((await client.put("k", `${i}`)).revision, i);
    await until("the liar to be noticed", () => (client.report.disagreements["r1"] ?? 0) >= 3);
    assertEquals(Object.keys(client.report.disagreements), ["r1"]);
  }));

Deno.test("client: f replicas alone convince nobody, however often they answer", () =>
  withFakeCluster(
    {
      scripts: { r1: { reply: (a) => [a, a, { ...a }] }, r2: SILENT, r3: SILENT, r4: SILENT },
      constants: { electionTimeoutMs: 50 },
    },
    async (_cluster, connect) => {
      const client = connect();
      const error = await assertRejects(
        () => client.put("k", "v", { timeoutMs: 1500 }),
        NoQuorumError,
        "1 of 4 replicas",
      );
      if (!(error instanceof NoQuorumError)) throw error;
      assertEquals([error.progress.answered, error.progress.equal, error.progress.needed], [1, 1, 2]);
      assert(error.undecided, "a command that was sent may have been executed");
    },
  ));

Deno.test("client: a reply signed by X that names Y counts for nobody (§2.3)", () =>
  withFakeCluster({ scripts: { r1: SILENT, r2: { name: "r1" }, r3: SILENT } }, async (_cluster, connect) => {
    const client = connect();
    await assertRejects(() => client.put("k", "v", { timeoutMs: 1500 }), NoQuorumError, "wanted 2 equal answers");
    assert(client.report.dropped.forged > 0);
  }));

Deno.test("client: a part that is not in the tree its replica signed counts for nobody (§7.2h)", () => {
  const bent = (frames: readonly Uint8Array[]) => {
    const packet = decodeReplyPacket(frames) as PartPacket;
    const { client, answers } = packet.part.message;
    const message = { client, answers: answers.map((answer) => ({ ...answer, result: Uint8Array.of(6, 6, 6) })) };
    return encodePacket({ ...packet, part: { message, body: encodeReplyPart(message) } });
  };
  const scripts = { r1: { frames: bent }, r2: { frames: bent }, r3: SILENT };
  return withFakeCluster({ scripts, constants: { electionTimeoutMs: 50 } }, async (cluster, connect) => {
    const client = connect();
    await assertRejects(() => client.put("k", "v", { timeoutMs: 1500 }), NoQuorumError, "wanted 2 equal answers");
    assert(client.report.dropped.forged > 0);
    cluster.scripts["r3"] = {};
    assertEquals((await client.put("k2", "v")).revision, cluster.store.revision);
  });
});

Deno.test("client: garbage is counted, muted after a while, and stops nothing", () =>
  withFakeCluster({ scripts: { r4: { garbage: () => [Uint8Array.of(1, 2, 3)] } } }, async (cluster, connect) => {
    // The second of its budget does not pass: on a busy machine the packets may take longer, and are right to be read then.
    const client = connect("c1", { now: () => 0, maxGroup: 1 });
    await until("r4 to know its route", () => cluster.hellosAt("r4").length >= 2);
    await Promise.all(Array.from({ length: 150 }, (_, i) => client.put(`k${i}`, "v")));
    await until("garbage to be muted", () => client.report.dropped.muted >= 50);
    assertEquals(client.report.dropped.malformed, MAX_GARBAGE_PER_SECOND);
    assertEquals(client.report.disagreements, {});
  }));

Deno.test("client: a leader that withholds is intervened against at all replicas with the very same bytes (§7.3)", () =>
  withFakeCluster({ scripts: { r1: { withholds: true } } }, async (cluster, connect) => {
    const client = connect();
    assertEquals((await client.put("k", "v")).revision, 1);
    assertEquals(cluster.leader, "r2");
    const sent = cluster.arrivals.map(({ packet }) => packet).filter(({ signed }) =>
      signed.message.kind === "SendRequest"
    );
    const bytes = new Set(sent.map(({ signed }) => signed.body.toHex() + signed.signature.toHex()));
    assertEquals(bytes.size, 1, "one request is signed once");
    const intervened = cluster.arrivals.filter(({ packet }) => packet.kind === "UpdateLeader");
    assertEquals(new Set(intervened.map(({ replica }) => replica)), new Set(["r1", "r2", "r3", "r4"]));
    assertEquals(cluster.ordered.length, 1);
  }));

Deno.test("client: after a reply the next request goes to the leader alone", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const client = connect();
    await client.put("k", "1");
    const before = cluster.arrivals.length;
    await client.put("k", "2");
    const later = cluster.arrivals.slice(before).filter(({ packet }) => packet.kind === "SendRequest");
    assertEquals(later.map(({ replica }) => replica), ["r1"]);
  }));

Deno.test("client: a slow replica is not waited for", () =>
  withFakeCluster({ scripts: { r2: { delayMs: 400 }, r3: { delayMs: 400 } } }, async (_cluster, connect) => {
    const client = connect();
    const startedAt = performance.now();
    await client.put("k", "v");
    assert(performance.now() - startedAt < 400, "r1 and r4 are f+1");
  }));

Deno.test("client: hundreds of calls at a time, each executed once, within half the window", () =>
  withFakeCluster({ constants: { sessionWindow: 16 } }, async (cluster, connect) => {
    const client = connect();
    const written = await Promise.all(
      Array.from({ length: 300 }, (_, i) => client.put(`k${i % 7}`, `${i}`, { timeoutMs: 60_000 })),
    );
    assertEquals(new Set(written.map(({ revision }) => revision)).size, 300);
    assertEquals(cluster.store.revision, 300);
    const seqs = cluster.ordered.map(({ seq }) => seq);
    assertEquals(new Set(seqs).size, seqs.length);
    for (const { seq, floor } of cluster.ordered) assert(floor <= seq && seq < floor + 8, `${floor} ${seq}`);
  }));

Deno.test("client: past the queue's bound a call is refused at once and was not sent", () =>
  withFakeCluster(
    { constants: { sessionWindow: 2, sessionsPerClient: 2 }, scripts: { r1: SILENT, r2: SILENT, r3: SILENT } },
    async (cluster, connect) => {
      const client = connect("c1", { maxQueued: 2 });
      const calls = Array.from({ length: 5 }, () => client.put("k", "v", { timeoutMs: 1000 }).catch((error) => error));
      const names = (await Promise.all(calls)).map((error) => error instanceof RefusedError ? error.code : error.name);
      assertEquals(names, ["NoQuorumError", "NoQuorumError", "queue-full", "queue-full", "queue-full"]);
      assertEquals(new Set(cluster.ordered.map(({ seq }) => seq)).size, 1);
    },
  ));

Deno.test("client: two processes with one key write at once, each in a session of its own", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const [one, other] = [connect("c1", { maxGroup: 1 }), connect("c1", { maxGroup: 1 })];
    const writes = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : other).put(`k${i}`, `${i}`));
    const revisions = (await Promise.all(writes)).map(({ revision }) => revision);
    assertEquals(new Set(revisions).size, 40);
    assertEquals([cluster.registers.length, new Set(cluster.ordered.map(({ session }) => session)).size], [2, 2]);
    for (const session of new Set(cluster.ordered.map((request) => request.session))) {
      const seqs = cluster.ordered.filter((request) => request.session === session).map(({ seq }) => Number(seq));
      assertEquals(seqs.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
    }
  }));

Deno.test("client: whose session was pushed out opens another, and the command that was not executed is issued again", () =>
  withFakeCluster({ constants: { sessionsPerClient: 2 } }, async (cluster, connect) => {
    const client = connect();
    await client.put("k", "1");
    for (let i = 0; i < 2; i++) cluster.openSession("c1");
    assertEquals((await client.put("k", "2")).revision, 2);
    assertEquals(cluster.store.revision, 2);
    assertEquals([cluster.registers.length, cluster.ordered.length], [4, 2]);
  }));

Deno.test("client: of a command whose answers are lost with its session it says that nobody knows, and does not repeat it", () =>
  withFakeCluster({ constants: { sessionsPerClient: 2 } }, async (cluster, connect) => {
    const client = connect("c1", { timings: { retryMs: 50 } });
    await client.put("k", "1");
    for (const id of ["r1", "r2", "r3", "r4"]) cluster.scripts[id] = { reply: () => [] };
    const call = client.put("k", "2");
    await until("it to be ordered", () => cluster.ordered.length === 2);
    for (let i = 0; i < 2; i++) cluster.openSession("c1");
    for (const id of ["r1", "r2", "r3", "r4"]) cluster.scripts[id] = {};
    const error = await assertRejects(() => call, UndecidedError, "not known whether it was executed");
    assert(error instanceof UndecidedError && error.undecided);
    assertEquals([cluster.store.revision, cluster.ordered.length], [2, 2]);
    assertEquals((await client.put("k", "3")).revision, 3);
  }));

Deno.test("client: a read whose session is gone is done again in another one", () =>
  withFakeCluster({ constants: { sessionsPerClient: 2 } }, async (cluster, connect) => {
    const client = connect("c1", { timings: { retryMs: 50 } });
    await client.put("k", "1");
    for (const id of ["r1", "r2", "r3", "r4"]) cluster.scripts[id] = { reply: () => [] };
    const call = client.get("k");
    await until("it to be ordered", () => cluster.ordered.length === 2);
    for (let i = 0; i < 2; i++) cluster.openSession("c1");
    for (const id of ["r1", "r2", "r3", "r4"]) cluster.scripts[id] = {};
    assert((await call).found);
  }));

Deno.test("client: a register's base is what f + 1 replicas have applied, whatever one of them says", () =>
  withFakeCluster({ scripts: { r1: { height: 1_000_000 }, r4: { height: 0 } } }, async (cluster, connect) => {
    for (let i = 0; i < 5; i++) cluster.openSession("c2");
    await connect().put("k", "1");
    assertEquals(cluster.registers.map(({ base }) => Number(base)), [0, 1, 2, 3, 4, 5]);
  }));

Deno.test("client: a register that came too late is followed by another one with a newer base", () =>
  withFakeCluster({ scripts: { r1: { height: 0 }, r2: { height: 0 } } }, async (cluster, connect) => {
    for (let i = 0; i < 40; i++) cluster.openSession("c2");
    const client = connect("c2", { timings: { retryMs: 20 } });
    // r1 and r2 keep the base low until the answers "void" say better.
    for (const id of ["r3", "r4"]) cluster.scripts[id] = { height: 0 };
    assertEquals((await client.put("k", "1")).revision, 1);
    assertEquals(Number(cluster.registers.at(-1)!.base), 40);
    const sent = cluster.arrivals.filter(({ packet }) => packet.kind === "RegisterSession").map(({ packet }) =>
      packet.signed
    );
    assertEquals(new Set(sent.map(({ body }) => body.toHex())).size, 2);
  }));

Deno.test("client: a call that is taken back rejects with the signal's reason and frees its place", () =>
  withFakeCluster(
    { constants: { sessionWindow: 2, sessionsPerClient: 2 }, scripts: { r1: { withholds: true } } },
    async (cluster, connect) => {
      const client = connect("c1", { timings: { interventionMs: 5000, retryMs: 5000 } });
      const controller = new AbortController();
      const call = client.put("k", "v", { signal: controller.signal });
      await until("the request to arrive", () => cluster.arrivals.some(({ packet }) => packet.kind === "SendRequest"));
      controller.abort(new Error("no longer wanted"));
      await assertRejects(() => call, Error, "no longer wanted");
      cluster.scripts["r1"] = {};
      assertEquals((await client.put("k", "w")).revision, 1);
      await assertRejects(
        () => client.put("k", "v", { signal: AbortSignal.abort(new Error("before")) }),
        Error,
        "before",
      );
    },
  ));

Deno.test("client: closing rejects what is under way and what comes after", () =>
  withFakeCluster({ scripts: { r1: { withholds: true } } }, async (_cluster, connect) => {
    const client = connect("c1", { timings: { interventionMs: 5000 } });
    const call = client.put("k", "v");
    const query = assertRejects(() => call, ClosedError, "closed");
    await client.close();
    await query;
    await assertRejects(() => client.put("k", "v"), ClosedError, "closed");
    await client.close();
  }));

Deno.test("client: arguments out of their limits are refused before anything is sent", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const client = connect();
    await assertRejects(() => client.put("", "v"), UsageError, "key must have 1 to 1024 bytes");
    await assertRejects(() => client.put("k", new Uint8Array(70_000)), UsageError, "70000");
    await assertRejects(() => client.cas("k", -1, "v"), UsageError, "revision");
    await assertRejects(() => client.execute(new Uint8Array(100_000)), UsageError, "100000 bytes");
    await assertRejects(() => client.put("k", "v", { timeoutMs: 0 }), UsageError, "timeoutMs was given 0");
    await assertRejects(() => connect("operator").put("k", "v"), UsageError, "operator");
    assertEquals(cluster.ordered.length, 0);
  }));

Deno.test("client: a command of another state machine comes back as it was answered", () =>
  withFakeCluster({}, async (cluster, connect) => {
    const { result, index } = await connect().execute(Uint8Array.of(99));
    assertEquals([result, index], [Uint8Array.of(2, 6), 2]);
    assertEquals(decodeKvCommand(cluster.ordered[0]!.command), null);
  }));
