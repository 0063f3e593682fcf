import { assert } from "@std/assert";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const CLIENTS = 16;
/** Answers that each write needs, of f + 1 replicas: as many signatures, if each were signed and checked by itself. */
const NEEDED = 2;

Deno.test("§7.2 writes of many clients at once cost less than a signature made, and f + 1 checked, for each", async () => {
  await using cluster = MemoryCluster.start();
  let checked = 0;
  const counting: SignatureBackend = { ...backend, verify: (...claim) => (checked++, backend.verify(...claim)) };
  const clients = Array.from({ length: CLIENTS }, (_, i) => cluster.client(`c${1 + i % 2}`, { backend: counting }));
  await Promise.all(clients.map((client, i) => client.put(`k${i}`, "first")));
  const replies = countRoots(cluster);
  // Which writes share an entry is up to the leader; with a signature for each answer there would be no such round.
  await eventually("a round in which clients check less than one signature a write and answer needed", async () => {
    checked = 0;
    replies.clear();
    await Promise.all(clients.map((client, i) => client.put(`k${i}`, "next")));
    return checked < CLIENTS * NEEDED / 2 && replies.size < CLIENTS * cluster.nodes.size / 2;
  });
  assert(checked > 0, "nothing counts unchecked");
});

/** Collects the signatures of all replies sent from now on. */
function countRoots(cluster: MemoryCluster): Set<string> {
  const roots = new Set<string>();
  for (const { transport } of cluster.nodes.values()) {
    const send = transport.sendToClient.bind(transport);
    transport.sendToClient = (route, frames) => {
      roots.add(frames[0]!.toHex());
      return send(route, frames);
    };
  }
  return roots;
}
