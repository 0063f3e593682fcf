/** The log of a replica at the default level, as an operator reads it: peers, quorums and leaders, and no flood. */
import { assert, assertEquals } from "@std/assert";
import { unhex } from "../../../crypto/digest.ts";
import { createSigner } from "../../../crypto/signing/signing.ts";
import type { AppendEntriesResponse } from "../../../protocol/message.ts";
import type { LogFields, LogLevel } from "../../../replica/diagnostics/logger.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

interface Line extends LogFields {
  readonly event: string;
}

/** Collects what is logged above `debug`. */
function collector() {
  const lines: Line[] = [];
  const log = (level: LogLevel, event: string, fields: LogFields = {}) => {
    if (level !== "debug") lines.push({ event, ...fields });
  };
  return { lines, log: { log }, of: (...events: string[]) => lines.filter(({ event }) => events.includes(event)) };
}

const ids = ["r1", "r2", "r3", "r4"];

/** Runs `body` on an idle cluster of four that has committed something, with the log of each. */
async function withIdleCluster(
  body: (cluster: MemoryCluster, logs: Readonly<Record<string, ReturnType<typeof collector>>>) => Promise<void>,
): Promise<void> {
  const logs = Object.fromEntries(ids.map((id) => [id, collector()]));
  const changes = Object.fromEntries(ids.map((id) => [id, { log: logs[id]!.log }]));
  await using cluster = MemoryCluster.start({}, changes);
  await cluster.client("c1").put("a", "1");
  await eventually("all are level", () => new Set(cluster.statuses().map(({ commitHash }) => commitHash)).size === 1);
  await body(cluster, logs);
}

const leaderOf = (cluster: MemoryCluster) =>
  eventually("one leader", () => {
    const leaders = new Set(cluster.statuses().map(({ leader }) => leader));
    return leaders.size === 1 && [...leaders][0];
  });

Deno.test("in an idle cluster a follower that falls silent is told, then the lost quorum, then that they are back", () =>
  withIdleCluster(async (cluster, logs) => {
    const leader = await leaderOf(cluster);
    const [stays, ...leave] = ids.filter((id) => id !== leader);
    const { of } = logs[stays!]!;
    await eventually(
      "all are heard",
      () => Object.values(statusOf(cluster, stays!).peers).every((peer) => !peer.silent),
    );
    assertEquals(of("quorum-lost"), []);
    await cluster.stop(leave[0]!);
    await eventually("its silence is told", () => of("peer-silent").some(({ peer }) => peer === leave[0]));
    assertEquals(of("quorum-lost"), []);
    assertEquals(statusOf(cluster, stays!).hearsQuorum, true);
    await cluster.stop(leave[1]!);
    await eventually("the lost quorum is told", () => of("quorum-lost").length === 1);
    assertEquals(statusOf(cluster, stays!).hearsQuorum, false);
    for (const id of leave) cluster.start(id);
    const back = await eventually("the quorum is back", () => of("quorum-back")[0]);
    assert(Number(back["lostMs"]) > 0);
    await eventually("both peers are back", () => of("peer-back").length >= 2);
  }));

const statusOf = (cluster: MemoryCluster, id: string) => cluster.nodes.get(id)!.replica.status();

Deno.test("a change of leaders is told with the one before, and why it was suspected", () =>
  withIdleCluster(async (cluster, logs) => {
    const leader = await leaderOf(cluster);
    await cluster.stop(leader!);
    const stays = ids.find((id) => id !== leader)!;
    const change = await eventually("another leader", () => logs[stays]!.of("leader").find((line) => line["before"]));
    assertEquals(change["before"], leader);
    assertEquals(logs[stays]!.of("suspect").length > 0, change["suspectedFor"] !== null);
    assert(ids.some((id) => logs[id]!.of("leader").some((line) => line["suspectedFor"] === "timer")));
  }));

Deno.test("checkpoints and commits are not told at the default level", async () => {
  const { lines, log } = collector();
  await using cluster = MemoryCluster.start(
    { constants: { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: 2 } },
    { r1: { log } },
  );
  const client = cluster.client("c1");
  for (let i = 0; i < 20; i++) await client.put(`key-${i}`, "value");
  await eventually("a checkpoint", () => (statusOf(cluster, "r1").checkpoint?.index ?? 0) >= 10);
  const events = new Set(lines.map(({ event }) => event));
  assert(events.has("leader"), "leaders are told");
  assertEquals([events.has("checkpoint"), events.has("committed"), events.has("snapshot-written")], [
    false,
    false,
    false,
  ]);
});

Deno.test("a peer that shows less than it did is told of: it may have forgotten what it signed", () =>
  withIdleCluster(async (cluster, logs) => {
    const leader = await leaderOf(cluster);
    const [liar, witness] = ids.filter((id) => id !== leader);
    const { term, commitHash } = statusOf(cluster, liar!);
    await cluster.stop(liar!);
    const transport = cluster.network.replica(liar!, ids.filter((id) => id !== liar));
    const signer = createSigner(backend, unhex(cluster.keys.get(liar!)!.secretKey), cluster.roster.cluster);
    const show = (commitIndex: number) => {
      const message = {
        ...{
          kind: "AppendEntriesResponse",
          term,
          replica: liar,
          acks: [],
          prepared: { term: 0, index: 0, hash: commitHash },
        },
        ...{ commitIndex, commitHash, round: 0 },
      } as unknown as AppendEntriesResponse;
      const body = encodeMessage(message);
      const signed = { message, body, signature: signer.sign(message.kind, body) };
      transport.publish(encodePacket({ kind: "AppendEntriesResponse", signed }));
    };
    const { of } = logs[witness!]!;
    show(9);
    await eventually("its less is told", () => {
      show(8);
      return of("peer-forgot").length > 0;
    });
    assertEquals(of("peer-forgot").map((event) => [event["peer"], event["knownCommitIndex"], event["commitIndex"]]), [[
      liar,
      9,
      8,
    ]]);
    await transport.close();
  }));
