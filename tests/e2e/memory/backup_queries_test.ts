/** The data that replicas give to the maker of a backup, and its limits, over the in-memory network. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { SourceError, takeBackup, UsageError } from "../../../client/mod.ts";
import { generateKeyPair } from "../../../crypto/keys/key_pair.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { clientId, logIndex } from "../../../protocol/ids.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const CONSTANTS = { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 10, logTail: 1 };

const refusals = (cluster: MemoryCluster, id: string, kind: string): number =>
  cluster.nodes.get(id)!.replica.status().refused[kind] ?? 0;

Deno.test("a backup of a running cluster holds its state, with the log shortened or not", async () => {
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const path = await Deno.makeTempDir();
  const client = cluster.client("c1");
  const take = async (name: string) => {
    const machine = new KvStore();
    const taken = await takeBackup(client, { path: `${path}/${name}`, backend, machine });
    return { ...taken, machine };
  };
  try {
    await client.put("a", "1");
    const first = await take("first");
    assertEquals([first.checkpoint, first.machine.size], [null, 1]);
    for (let i = 1; i <= 35; i++) await client.put(`k${i % 9}`, `${i}`);
    await eventually(
      "a checkpoint",
      () => cluster.statuses().every(({ checkpoint }) => (checkpoint?.index ?? 0) >= 30),
    );
    await cluster.stop("r2");
    const second = await take("second");
    assert(second.checkpoint !== null && second.checkpoint.index >= 30);
    assert(second.mark !== null && second.index >= second.mark);
    assertEquals([second.machine.revision, second.machine.size], [36, 10]);
    await assertRejects(() => take("second"), Error, "given a file that exists");
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("replicas give nothing to strangers, to the operator, or while they take no part", async () => {
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const [client, operator] = [cluster.client("c1"), cluster.client("operator")];
  await client.put("a", "1");
  const [r1] = client.sources.replicas;
  await assertRejects(() => operator.sources.checkpoint(r1!), UsageError, "wanted a client's");

  const stranger = createSigner(backend, generateKeyPair(backend).secretKey, cluster.roster.cluster);
  const transport = cluster.clientTransport();
  for (const [name, refusal] of [["c9", "unknown-client"], ["c1", "signature"]] as const) {
    const message = { kind: "GetEntries", client: clientId(name), nonce: 1, from: logIndex(1) } as const;
    const body = encodeMessage(message);
    const signature = stranger.sign(message.kind, body);
    transport.send("r1", encodePacket({ kind: "GetEntries", signed: { message, body, signature } }));
    await eventually(`${refusal} is counted`, () => refusals(cluster, "r1", `${refusal}:GetEntries`) === 1);
  }
  assertEquals(await transport.receive(50, 10), [], "no answer");
  await transport.close();

  await operator.setActive("r1", false);
  await assertRejects(() => client.sources.checkpoint(r1!, { timeoutMs: 100 }), SourceError, "r1 did not give");
  assertEquals(refusals(cluster, "r1", "inactive:GetCheckpoint"), 1);
});

Deno.test("who asks for more than its bytes a second is left without an answer, and others are served", async () => {
  await using cluster = MemoryCluster.start({ constants: { ...CONSTANTS, checkpointEvery: 1000 } });
  const [client, greedy] = [cluster.client("c1"), cluster.client("c2")];
  await Promise.all(Array.from({ length: 20 }, (_, i) => client.put(`k${i}`, new Uint8Array(60_000))));
  const [r1] = client.sources.replicas;
  await eventually("r1 has the entries", () => cluster.nodes.get("r1")!.replica.status().commitIndex >= 2);
  const ask = () => greedy.sources.entries(r1!, logIndex(1), { timeoutMs: 300 }).catch(() => null);
  await eventually("the budget is used up", async () => {
    await Promise.all(Array.from({ length: 20 }, ask));
    return refusals(cluster, "r1", "reply-budget:GetEntries") > 0;
  });
  const { entries } = await client.sources.entries(r1!, logIndex(1), { timeoutMs: 10_000 });
  assert(entries.length >= 1);
});
