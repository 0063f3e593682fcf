/** Client intervention against real leaders (§7.3): one that swallows a client's requests is deposed, one that serves stays. */
import { assert, assertEquals } from "@std/assert";
import { unhex } from "../../../crypto/digest.ts";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { clientId, logIndex, seq } from "../../../protocol/ids.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { openClientTransport } from "../../../transport/mod.ts";
import { assertEqualLogs, waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

/** All replicas but a quorum; in the first two terms their turns come first (§6.10). */
const DEAF = ["r2", "r3"];

// Among four: the mode `withhold` in byzantine_modes_test.ts.
Deno.test("7 replicas: a leader that swallows one client's requests is replaced, and they commit", () =>
  withLocalCluster({ replicas: 7 }, async (cluster) => {
    const honest = cluster.ids.filter((id) => !DEAF.includes(id));
    const deaf = DEAF.map((id) => cluster.start(id, "--byzantine", "withhold", "--unsafe-test-faults"));
    await Promise.all([...honest.map((id) => cluster.start(id)), ...deaf]);
    const observer = await Observer.of(cluster, "c3");
    await makeLead(cluster, observer, DEAF[0]!);
    const [ignored, served] = [await cluster.client("c1"), await cluster.client("c2")];
    await served.put("other", "served");
    const { revision } = await ignored.put("mine", "at last", { timeoutMs: 60_000 });
    assertEquals(revision, 2);
    const { leader } = await waitForLeader(observer, honest);
    assert(!DEAF.includes(leader), `${leader} leads still, though it ignores a client`);
    await assertEqualLogs(observer, honest);
  }));

/** Has `wanted` elected: the operator deactivates every other leader until it is. */
async function makeLead(cluster: LocalCluster, observer: Observer, wanted: string): Promise<void> {
  const operator = await cluster.client("operator");
  await eventually(`${wanted} leads`, async () => {
    const { leader, term } = await waitForLeader(observer, cluster.ids);
    if (leader === wanted) return true;
    const others = cluster.ids.filter((id) => id !== leader);
    await operator.setActive(leader, false);
    await waitForLeader(observer, others, (status) => status.term > term);
    await operator.setActive(leader, true);
    return false;
  }, 90_000);
}

Deno.test("a client that intervenes without end deposes nobody", () =>
  withLocalCluster({}, async (cluster) => {
    await cluster.startAll();
    const observer = await Observer.of(cluster, "c2");
    const honest = await cluster.client("c3");
    const before = await waitForLeader(observer, cluster.ids);
    {
      await using flood = await interveneForEver(cluster, "c1");
      for (let i = 0; i < 30; i++) await honest.put(`key-${i}`, "written");
      await eventually("the client has intervened three hundred times", () => flood.sent >= 300, 60_000);
      await honest.put("last", "written");
      assertEquals(await waitForLeader(observer, cluster.ids), before);
    }
    await assertEqualLogs(observer, cluster.ids);
    assertEquals(await waitForLeader(observer, cluster.ids), before);
  }));

/** Returns the id of a session that a client of this key has open: where its first command was ordered says it. */
async function openSession(cluster: LocalCluster, id: string): Promise<number> {
  const client = await cluster.client(id);
  const { index } = await client.put("flood", "opens a session");
  const entry = await client.getCommittedCommand(index);
  const own = entry.committed ? entry.commands.find((request) => request.client === id) : undefined;
  if (own === undefined || "base" in own) throw new Error(`index ${index} holds no command of ${id}`);
  return own.session;
}

/** Sends UpdateLeader for ever new requests, validly signed, to all replicas, as quickly as answers would come. */
async function interveneForEver(
  cluster: LocalCluster,
  id: string,
): Promise<AsyncDisposable & { readonly sent: number }> {
  const { backend } = await loadBackend("auto");
  const key = await readKeyFile(`${cluster.dir}/${id}.key`, backend);
  const signer = createSigner(backend, unhex(key.secretKey), cluster.roster.cluster);
  const { replicas } = cluster.roster;
  const transport = await openClientTransport({ roster: cluster.roster, key });
  const command = encodeKvCommand({ op: "put", key: "flood", value: new Uint8Array(10) });
  const session = logIndex(await openSession(cluster, id));
  let sent = 0;
  let stopped = false;
  const loop = (async () => {
    for (let number = 1; !stopped; number++) {
      const message = {
        kind: "SendRequest",
        client: clientId(id),
        session,
        seq: seq(number),
        floor: seq(number),
        mode: "command",
        command,
      } as const;
      const body = encodeMessage(message);
      const signed = { message, body, signature: signer.sign("SendRequest", body) };
      const frames = encodePacket({ kind: "UpdateLeader", signed });
      for (const replica of replicas) transport.send(replica.id, frames);
      sent++;
      await transport.receive(2, 64);
    }
  })();
  return {
    get sent() {
      return sent;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      transport.wake();
      await loop;
      await transport.close();
    },
  };
}
