/** §13.11 Whose connections are open, and what is taken over them. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { clientId, logIndex, replicaId, round, seq, term } from "../../../protocol/ids.ts";
import type { SendRequest } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { membersOf } from "../../../replica/epochs/members.ts";
import { entryOf } from "../../../transport/codec/mod.ts";
import { EpochChain, epochIngress, newKeyFor } from "../../support/epochs/epoch_lab.ts";
import { openSessions } from "../../support/numbered_requests.ts";

/** In epoch 2 r4 and c2 are gone, and c1 has another key. */
const chain = new EpochChain();
const c1 = newKeyFor(chain.of(1).roster, "client", "c1");
chain.advance(({ clients, ...roster }) => ({
  ...roster,
  replicas: roster.replicas.slice(0, 3),
  clients: [{ ...clients[0]!, publicKey: c1.publicKey, curveKey: c1.curvePublicKey }],
}));
chain.advance();
const own = chain.keys.get("r1")!.curvePublicKey;
const rosters = chain.rosters.map(({ roster }) => roster);

Deno.test("§13.11a connections are open to the keys of the epoch, and to those of the one before as long as it lasts", () => {
  const [first, second, third] = [
    membersOf(rosters[0]!, null, own),
    membersOf(rosters[1]!, rosters[0]!, own),
    membersOf(rosters[2]!, rosters[1]!, own),
  ];
  const names = [first, second, third].map(({ admittedPeers, admittedClients }) => [
    [...admittedPeers.keys()].sort(),
    [...admittedClients.keys()].sort(),
  ]);
  assertEquals(names, [
    [["r2", "r3", "r4"], ["c1", "c2", "operator"]],
    [["r2", "r3", "r4@1"], ["c1", "c1@1", "c2@1", "operator"]],
    [["r2", "r3"], ["c1", "operator"]],
  ]);
});

Deno.test("§13.11a … and to the replicas of the file it was started with, if that is of a later epoch", () => {
  const other = newKeyFor(rosters[0]!, "replica", "r5");
  const line = { ...rosters[2]!.replicas[0]!, id: replicaId("r5"), curveKey: other.curvePublicKey };
  const file = (epoch: number) => ({ ...rosters[2]!, epoch, replicas: [...rosters[2]!.replicas, line] });
  const open = (given: ReturnType<typeof file>) =>
    [...membersOf(rosters[1]!, rosters[0]!, own, given).admittedPeers.keys()].sort();
  assertEquals(open(file(9)), ["r2", "r3", "r4@1", "r5@9"]);
  for (const epoch of [1, 2]) assertEquals(open(file(epoch)), ["r2", "r3", "r4@1"]);
});

const command = (client: string, number = 2): SendRequest => ({
  ...{ kind: "SendRequest", client: clientId(client), session: logIndex(1), seq: seq(number), floor: seq(1) },
  ...{ mode: "command", command: Uint8Array.of(1) },
});

Deno.test("§13.11a of those of the epoch before nothing is taken but chunks and questions for ends", () => {
  const lab = epochIngress(chain, 2);
  const ask = { kind: "GetEpochs", client: clientId("c2"), nonce: 1, epoch: 1 } as const;
  assertEquals(lab.send("c2@1", "client", { kind: "GetEpochs", signed: chain.sign("c2", 1, ask) }), null);
  assertEquals(lab.send("c2@1", "client", { kind: "SendRequest", signed: chain.sign("c2", 1, command("c2")) }), null);
  assertEquals(lab.served, ["GetEpochs"]);
  lab.send("r4@1", "peer", { kind: "FetchEpoch", epoch: 1 });
  assertEquals(lab.sent.map(([peer, { kind }]) => [peer, kind]), [["r4@1", "EpochEnd"]]);
  const message = { kind: "PreVote", term: term(1), replica: replicaId("r4") } as const;
  for (const epoch of [1, 2]) {
    const signed = chain.sign("r4", epoch, message);
    assertEquals(lab.send("r4@1", "published", { kind: "PreVote", signed, proof: null }), null);
  }
});

Deno.test("§13.11b a request is taken of those that the roster lists, under the key it lists, from connections and in entries", () => {
  const lab = epochIngress(chain, 2);
  openSessions(lab.state.sessions, [clientId("c1")]);
  lab.state.appliedIndex = logIndex(1);
  Object.assign(lab.state.view, {
    ...{
      leader: replicaId("r2"),
      base: { term: term(0), index: lab.state.genesis.index, hash: lab.state.genesis.hash },
    },
  });
  lab.state.hard = { ...lab.state.hard, currentTerm: term(1) };
  const entriesWith = (request: Signed<SendRequest>): Packet => {
    const { index, hash } = lab.state.genesis;
    const entry = entryOf(logIndex(index + 1), term(1), joinRequests([request]));
    const signed = chain.sign(
      "r2",
      2,
      {
        ...{ kind: "AppendEntries", term: term(1), leader: replicaId("r2"), round: round(1), prevIndex: index },
        ...{ prevHash: hash, entryHashes: [chainEntry(sha256Hex, hash, entry).hash], commitIndex: logIndex(0) },
      } as const,
    );
    return { kind: "AppendEntries", signed, entries: [entry], proof: null };
  };
  const good = chain.sign(c1, 1, command("c1"));
  const [oldKey, unlisted] = [chain.sign("c1", 1, command("c1", 3)), chain.sign("c2", 1, command("c2"))];
  assertEquals(lab.send("c1", "client", { kind: "SendRequest", signed: good })?.kind, "request");
  assertEquals(lab.send("r2", "peer", entriesWith(good))?.kind, "packet");
  for (const signed of [oldKey, unlisted]) {
    assertEquals(lab.send("c1", "client", { kind: "SendRequest", signed }), null);
    assertEquals(lab.send("r2", "peer", entriesWith(signed))?.kind, "bad-entry");
  }
});
