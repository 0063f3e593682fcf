import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { decodeReplyPacket } from "../../../transport/codec/mod.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

const PROCESSES = 8;
const COMMANDS = 20;

/** Counts the answers to requests that each replica sends from now on. */
function countAnswers(cluster: MemoryCluster): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [id, { transport }] of cluster.nodes) {
    counts.set(id, 0);
    const send = transport.sendToClient.bind(transport);
    transport.sendToClient = (route, frames) => {
      const packet = decodeReplyPacket(frames);
      if (packet.kind === "Reply") counts.set(id, counts.get(id)! + packet.part.message.answers.length);
      return send(route, frames);
    };
  }
  return counts;
}

Deno.test(`§7.2g ${PROCESSES} processes with one key: each has its answers, and a replica sends one for a command, not one to each`, async () => {
  await using cluster = MemoryCluster.start({ constants: { electionTimeoutMs: 1000, patienceMs: 2000 } });
  const clients = Array.from({ length: PROCESSES }, () => cluster.client("c1"));
  await Promise.all(clients.map((client, i) => client.put(`k${i}`, "first")));
  // Over one connection all is taken in order: a replica that answers this has the session that was said before.
  for (const client of clients) assertEquals((await client.getStatus()).length, 4);
  const answers = countAnswers(cluster);
  await Promise.all(clients.map(async (client, i) => {
    for (let n = 0; n < COMMANDS; n++) await client.put(`k${i}`, `${n}`);
  }));
  await eventually("everyone to have applied everything", () => {
    return new Set(cluster.statuses().map(({ appliedIndex, commitIndex }) => `${appliedIndex} ${commitIndex}`)).size ===
      1;
  });
  const commands = PROCESSES * COMMANDS;
  for (const [id, sent] of answers) {
    // Somewhat more, where a process lost patience and asked again.
    assert(sent >= commands && sent < 2 * commands, `${id} sent ${sent} answers to ${commands} commands`);
  }
});
