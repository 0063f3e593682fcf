/** §13.10 Who leaves with the end of an epoch. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex, unhex } from "../../../crypto/digest.ts";
import { requestOf } from "../../../crypto/roster/key_request.ts";
import { epochNameOf, type SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { editedRoster, removeReplica, type RosterEdit, rotateKeys } from "../../../crypto/roster/roster_edits.ts";
import { createVerifier } from "../../../crypto/signing/signing.ts";
import { replicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { LogFields, Logger } from "../../../replica/diagnostics/logger.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { newKeyFor } from "../../support/epochs/epoch_lab.ts";
import { CHUNK, GENESIS, retiring } from "../../support/epochs/retirement_lab.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";

/** Events of one replica that are logged. */
function keeping(): { readonly log: Logger; readonly events: (readonly [string, LogFields])[] } {
  const events: (readonly [string, LogFields])[] = [];
  return { events, log: { log: (_, event, fields = {}) => void events.push([event, fields]) } };
}

const nextOf = (cluster: MemoryCluster, edit: RosterEdit): SignedRoster =>
  signedBy(editedRoster(cluster.file, cluster.roster, edit, backend), cluster.keys.get("operator")!);

Deno.test("§13.10a who is listed no more signs nothing in the new epoch but answers with chunks", async () => {
  const { run, from, sent, chain, says } = retiring();
  const asked: Packet = {
    kind: "FetchChunks",
    signed: chain.sign("r1", 2, {
      kind: "FetchChunks",
      replica: replicaId("r1"),
      nonce: 3,
      digests: [sha256Hex(CHUNK)],
    }),
  };
  const others: Packet[] = [
    {
      kind: "PreVote",
      signed: chain.sign("r1", 2, { kind: "PreVote", term: 1 as never, replica: replicaId("r1") }),
      proof: null,
    },
    {
      kind: "RollCall",
      signed: chain.sign("r1", 2, { kind: "RollCall", replica: replicaId("r1"), nonce: sha256Hex(CHUNK) }),
    },
    says("r1", 0),
  ];
  await run([others.map((packet) => from("r1", packet)), [from("r1", asked, "peer")]], 1000);
  const signed = sent.flatMap(([, packet]) => "signed" in packet ? [packet] : []);
  assertEquals(signed.map(({ kind }) => kind), ["FetchChunksResponse"]);
  const { signed: { body, signature } } = signed[0]!;
  const verifier = createVerifier(backend, epochNameOf(chain.of(2)));
  assert(verifier.verify("FetchChunksResponse", body, signature, unhex(chain.keys.get("r4")!.publicKey)));
});

Deno.test("§13.10b it stops once Q members have published that they hold the genesis, and not before", async () => {
  const early = retiring();
  const waits = await early.run([
    [early.from("r1", early.says("r1", GENESIS)), early.from("r2", early.says("r2", GENESIS - 1))],
    [],
  ], 600);
  assertEquals(waits.map(String), ["r1"], "it was stopped, and would have waited on");
  const { run, says, from } = retiring();
  assertEquals((await run([[from("r1", says("r1", GENESIS))], [from("r2", says("r2", GENESIS))], []])).length, 2);
});

Deno.test("§13.10b a replica that is removed ends by itself, and says so; started again before, it does the same", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("k", "v");
  const { running } = cluster.nodes.get("r4")!;
  await client.reconfigure(nextOf(cluster, removeReplica("r4")));
  assertEquals(await running, "left");
  await cluster.stop("r4");
  const { log, events } = keeping();
  const again = cluster.start("r4", { log });
  assertEquals(await again.running, "left");
  assert(events.some(([event, { epoch }]) => event === "retired" && epoch === 2));
});

Deno.test("§13.10c who is listed with another key does the same, says so, and goes on from its disk with that key", async () => {
  const { log, events } = keeping();
  await using cluster = MemoryCluster.start({}, { r4: { log } });
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("k", "v");
  const key = newKeyFor(cluster.roster, "replica", "r4");
  const { host, peerPort, publishPort, clientPort } = cluster.roster.replicas[3]!;
  const next = nextOf(cluster, rotateKeys("r4", requestOf(key, { host, peerPort, publishPort, clientPort })));
  const { running } = cluster.nodes.get("r4")!;
  await client.reconfigure(next);
  assertEquals(await running, "left");
  assert(events.some(([event, { note }]) => event === "left" && String(note).includes("another key")));
  await cluster.stop("r4");
  await cluster.stop("r1"); // the three that are left need it
  const { replica } = cluster.start("r4", { key, roster: next });
  await client.put("after", "1", { timeoutMs: 20_000 });
  await eventually("it has the state", () => {
    const [own, other] = [replica.status(), cluster.nodes.get("r2")!.replica.status()];
    return own.epoch === 2 && own.state.digest === other.state.digest;
  });
});
