/**
 * Garbage, truncated, oversized and wrongly signed frames at every socket of running replicas (§7.5, §12): they stay up, serve,
 * and count by kind what they refused. The attacker takes the fourth replica's place: it has its addresses and no key.
 */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { generateKeyPair } from "../../../crypto/keys/key_pair.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { clientId, logIndex, replicaId, seq, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { ClientPacket, Packet } from "../../../protocol/packet.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { createZmtpClientTransport } from "../../../transport/zmtp/zmtp_client_transport.ts";
import { createZmtpReplicaTransport } from "../../../transport/zmtp/zmtp_replica_transport.ts";
import { assertEqualLogs } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** Returns well-formed packets signed by an unknown key, and their truncated, extended and random variants. */
async function hostileFrames(cluster: LocalCluster) {
  const { backend } = await loadBackend("auto");
  const stranger = createSigner(backend, generateKeyPair(backend).secretKey, cluster.roster.cluster);
  const preVote = { kind: "PreVote", term: term(9), replica: replicaId("r4") } as const;
  const request = {
    kind: "SendRequest",
    client: clientId("c1"),
    session: logIndex(1),
    seq: seq(1),
    floor: seq(1),
    mode: "command",
    command: random(40),
  } as const;
  const call = { kind: "RollCall", replica: replicaId("r4"), nonce: sha256Hex(random(8)) } as const;
  const seal = <M extends typeof preVote | typeof request | typeof call>(message: M) => {
    const body = encodeMessage(message);
    return { message, body, signature: stranger.sign(message.kind, body) };
  };
  const forgedPreVote: Packet = { kind: "PreVote", signed: seal(preVote), proof: null };
  const forgedCall: Packet = { kind: "RollCall", signed: seal(call) };
  const forgedRequest: ClientPacket = { kind: "SendRequest", signed: seal(request) };
  return {
    peer: variants(encodePacket(forgedCall)),
    published: variants(encodePacket(forgedPreVote)),
    client: variants(encodePacket(forgedRequest)),
  };
}

function variants(valid: Uint8Array[]): Uint8Array[][] {
  const last = valid.at(-1)!;
  return [
    valid,
    [random(10), random(100)],
    [new Uint8Array(0)],
    [...valid.slice(0, -1), last.subarray(0, last.length - 1)],
    [...valid.slice(0, -1), new Uint8Array([...last, 0])],
    valid.slice(0, -1),
    Array.from({ length: LIMITS.maxFrames + 3 }, () => random(4)),
    [...valid.slice(0, -1), new Uint8Array(LIMITS.maxPacketBytes - 10)],
  ];
}

/** Sends bytes that are not even ZeroMQ's protocol. */
async function talkNonsense(hostname: string, port: number): Promise<void> {
  using connection = await Deno.connect({ hostname, port });
  await connection.write(random(1000)).catch(() => 0);
}

Deno.test("hostile frames at every socket are refused and counted, and service goes on", () =>
  withLocalCluster({ insecurePlaintext: true }, async (cluster) => {
    const honest = cluster.ids.slice(0, 3);
    await Promise.all(honest.map((id) => cluster.start(id)));
    const client = await cluster.client("c1");
    await client.put("a", "before");
    const lines = cluster.roster.replicas;
    const [r4, others] = [lines[3]!, lines.slice(0, 3)];
    const frames = await hostileFrames(cluster);
    const { host, peerPort, publishPort, clientPort } = r4;
    const impostor = await createZmtpReplicaTransport({
      bind: { host, peerPort, publishPort, clientPort },
      peers: others,
    });
    const stranger = await createZmtpClientTransport({ replicas: others });
    let attacking = true;
    const attack = (async () => {
      while (attacking) {
        for (const { id } of others) {
          for (const hostile of frames.peer) impostor.sendToPeer(id, hostile);
          for (const hostile of frames.client) stranger.send(id, hostile);
        }
        for (const hostile of frames.published) impostor.publish(hostile);
        await Promise.all([impostor.receive(10, 10), stranger.receive(10, 10)]);
      }
    })();
    try {
      for (const line of others) {
        for (const port of [line.peerPort, line.publishPort, line.clientPort]) await talkNonsense(line.host, port);
      }
      await client.put("a", "during", { timeoutMs: 60_000 });
      await checkCounters(cluster, honest);
    } finally {
      attacking = false;
      await attack;
      await Promise.all([impostor.close(), stranger.close()]);
    }
    await client.put("a", "after", { timeoutMs: 60_000 });
    const observer = await Observer.of(cluster, "c3");
    await assertEqualLogs(observer, honest);
    assertEquals(cluster.running, honest);
  }));

/** Checks that every kind of refusal shows up in every replica's status. */
async function checkCounters(cluster: LocalCluster, ids: readonly string[]): Promise<void> {
  const observer = await Observer.of(cluster, "c2");
  for (const id of ids) {
    let seen = "no status";
    const describe = (error: Error) => new Error(`${error.message}: ${seen}`);
    await eventually(`${id} counts what it refused`, async () => {
      const status = await observer.status(id);
      if (status === null) return false;
      seen = JSON.stringify([status.refused, status.transport]);
      const { refused } = status;
      const kinds = Object.keys(refused);
      const wanted = ["signature:PreVote", "signature:SendRequest", "signature:RollCall"];
      return wanted.every((kind) => refused[kind]! > 0) && kinds.some((kind) => kind.startsWith("decode:")) &&
        status.transport.refused > 0;
    }, 20_000).catch((error) => Promise.reject(describe(error)));
  }
  assert(cluster.running.length === ids.length, "a replica ended");
}
