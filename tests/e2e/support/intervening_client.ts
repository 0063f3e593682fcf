/** A client that shows all of its requests to all replicas at once, without need (§7.3). */
import { unhex } from "../../../crypto/digest.ts";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import { clientId, logIndex, seq } from "../../../protocol/ids.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { openClientTransport } from "../../../transport/mod.ts";

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
export async function interveneForEver(
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
