/** Questions of clients and the operator to a replica, over the in-memory network. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { RefusedError } from "../../../client/mod.ts";
import { unhex } from "../../../crypto/digest.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { replicaId } from "../../../protocol/ids.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { decodeReplyPacket, encodeMessage, encodePacket, WIRE_VERSION } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("committed commands are shown alike by all; an index not yet reached is said to be empty", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const { index } = await client.put("key", "value");
  const entry = await client.getCommittedCommand(index);
  const commands = entry.committed ? entry.commands : [];
  const values = commands.map((each) => [each.client, "command" in each && text(each.command).endsWith("value")]);
  assertEquals(values, [["c1", true]]);
  const opened = await client.getCommittedCommand(index - 1);
  assertEquals(opened.committed && opened.commands.map((each) => "base" in each), [true]);
  const none = await client.getCommittedCommand(index + 100);
  assertEquals([none.committed, none.index], [false, index + 100]);
});

Deno.test("fast reads are served where the roster enables them, and refused elsewhere", async () => {
  await using enabled = MemoryCluster.start({ constants: { electionTimeoutMs: 150, fastReads: true } });
  const client = enabled.client("c1");
  await client.put("key", "value");
  const read = await client.fastRead("key");
  assertEquals(read.found && text(read.value), "value");
  await using disabled = MemoryCluster.start();
  const { answers } = await ask(disabled, "c1", { kind: "FastReads", queries: [new Uint8Array(1)] });
  assertEquals(answers, [{ ok: false, payload: "" }]);
});

Deno.test("the operator takes a replica out and back in; the cluster goes on without it, and a replay moves nothing", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const operator = cluster.client("operator");
  await client.put("a", "1");
  const leader = cluster.statuses()[0]!.leader!;
  const off = await setActive(cluster, leader, false, 1000);
  assertEquals(off, { ok: true, payload: '{"active":false}' });
  await client.put("a", "2");
  const status = () => cluster.nodes.get(leader)!.replica.status();
  assertEquals([status().active, cluster.nodes.size], [false, 4]);
  // It led: it takes part until another one leads (§14.5).
  await eventually("it says nothing more", async () => {
    const before = status().transport.sent;
    await client.put("a", "3");
    return status().transport.sent === before;
  });
  await operator.setActive(leader, true);
  await eventually(
    "it is level again",
    () => new Set(cluster.statuses().map(({ commitHash }) => commitHash)).size === 1,
  );
  const late = await setActive(cluster, leader, false, 1001);
  assert(!late.ok && late.payload.includes("is not above 1001"));
  const replays = [1000, 1001].map((order) => sendSetActive(cluster, leader, false, order));
  await eventually("replays counted", () => status().refused["replay:SetActive"] === 2);
  assertEquals(await Promise.all(replays.map((transport) => transport.receive(0, 1))), [[], []]);
  await Promise.all(replays.map((transport) => transport.close()));
  assert(status().active);
});

Deno.test("a deactivated replica stays so over a restart; a command for another replica is refused", async () => {
  await using cluster = MemoryCluster.start();
  await cluster.client("c1").put("a", "1");
  await setActive(cluster, "r2", false, 5);
  await cluster.stop("r2");
  assertEquals(cluster.start("r2").replica.status().active, false);
  const elsewhere = await setActive(cluster, "r3", true, 9, "r2");
  assertEquals(elsewhere, { ok: false, payload: '{"error":"this is r2, not r3","obeyed":5}' });
});

Deno.test("status tells what an operator wants to know, and counts what was refused", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a", "1");
  const transport = cluster.clientTransport();
  for (let i = 0; i < INGRESS_LIMITS.faultsPerWindow + 5; i++) transport.send("r1", [Uint8Array.of(WIRE_VERSION, 2)]);
  const status = await eventually("garbage counted", async () => {
    const [line] = await client.getStatus();
    const found = line?.reachable ? line.status as unknown as ReturnType<MemoryCluster["statuses"]>[number] : null;
    return found?.refused["muted"] === 5 && found;
  });
  assertEquals(
    status.refused["decode:wrong-kind"],
    INGRESS_LIMITS.faultsPerWindow,
  );
  assertEquals([status.replica, status.crypto.backend, status.crypto.fallbackReason], ["r1", backend.name, null]);
  assertEquals([status.evidence, status.sessions, status.clients, status.suspecting], [[], 1, 1, null]);
  assert(status.commitIndex >= 2 && status.appliedIndex === status.commitIndex && status.prepared.index > 0);
  assert(status.uptimeMs > 0 && status.memoryBytes > 0 && status.transport.received > 0);
  await transport.close();
});

Deno.test("queries are rated by client; the others are answered all the same", async () => {
  await using cluster = MemoryCluster.start();
  const flood = INGRESS_LIMITS.queryBurst + INGRESS_LIMITS.queriesPerSecond;
  const { sender, transport } = asking(cluster, "c2");
  for (let nonce = 1; nonce <= flood; nonce++) sender({ kind: "GetStatus" }, nonce);
  const client = cluster.client("c1");
  await eventually("flood cut", async () => {
    for (let nonce = flood; nonce <= flood + 300; nonce++) sender({ kind: "GetStatus" }, nonce);
    await client.getStatus();
    return (cluster.nodes.get("r1")!.replica.status().refused["rate:GetStatus"] ?? 0) > 0;
  });
  await transport.close();
});

Deno.test("an operator's command in another's hand is refused by the library's error", async () => {
  await using cluster = MemoryCluster.start();
  const operator = cluster.client("operator");
  await operator.setActive("r1", true);
  await setActive(cluster, "r1", true, Number.MAX_SAFE_INTEGER);
  await assertRejects(() => operator.setActive("r1", false), RefusedError, "is not above");
});

type Question = { readonly kind: "FastReads"; readonly queries: readonly Uint8Array[] } | {
  readonly kind: "GetStatus";
};
type Told = { readonly ok: boolean; readonly payload: string };

/** Creates a bare client of `r1` that signs with the key of `id`. */
function asking(cluster: MemoryCluster, id: string) {
  const signer = createSigner(backend, unhex(cluster.keys.get(id)!.secretKey), cluster.roster.cluster);
  const transport = cluster.clientTransport();
  const sender = (question: Question, nonce: number) => {
    const message = { ...question, client: id, nonce } as never as Parameters<typeof encodeMessage>[0];
    const body = encodeMessage(message);
    const signed = { message, body, signature: signer.sign(question.kind, body) };
    transport.send("r1", encodePacket({ kind: question.kind, signed } as never));
  };
  return { sender, transport };
}

async function ask(cluster: MemoryCluster, id: string, question: Question): Promise<{ readonly answers: Told[] }> {
  const { sender, transport } = asking(cluster, id);
  sender(question, 1);
  const answers = (await transport.receive(5000, 10)).map(({ frames }) => told(frames));
  await transport.close();
  return { answers };
}

/** Sends one SetActive for `replica` to `to`, with any `time`; returns its answer. */
async function setActive(
  ...[cluster, replica, active, order, to = replica]: Parameters<typeof sendSetActive>
): Promise<Told> {
  const transport = sendSetActive(cluster, replica, active, order, to);
  const [answer] = await transport.receive(5000, 1);
  await transport.close();
  return told(answer!.frames);
}

/** Sends a SetActive; its answer, if any, comes to the transport returned. */
function sendSetActive(cluster: MemoryCluster, replica: string, active: boolean, order: number, to = replica) {
  const signer = createSigner(backend, unhex(cluster.keys.get("operator")!.secretKey), cluster.roster.cluster);
  const transport = cluster.clientTransport();
  const message = { kind: "SetActive", replica: replicaId(replica), active, order, nonce: order } as const;
  const body = encodeMessage(message);
  transport.send(
    to,
    encodePacket({ kind: "SetActive", signed: { message, body, signature: signer.sign("SetActive", body) } }),
  );
  return transport;
}

function told(frames: readonly Uint8Array[]): Told {
  const packet = decodeReplyPacket(frames);
  if (packet.kind === "ReadReply") {
    const { payloads } = packet.part.message;
    return { ok: payloads.length > 0, payload: payloads.map(text).join() };
  }
  if (packet.kind !== "QueryReply") throw new Error(`wanted a QueryReply, got ${packet.kind}`);
  const { ok, payload } = packet.signed.message;
  return { ok, payload: text(payload) };
}
