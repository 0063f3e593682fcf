import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Entry } from "../../protocol/entry.ts";
import { joinRequests, splitRequests } from "../../protocol/entry_body.ts";
import { chainEntry, genesisHash } from "../../protocol/hash_chain.ts";
import { clientId, type Digest, logIndex, replicaId, round, seq, term } from "../../protocol/ids.ts";
import type { AppendEntries, SendRequest } from "../../protocol/message.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { NO_CHANGES } from "../../tests/support/executors.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { HeldChunks } from "../../tests/support/snapshot_values.ts";
import { createState } from "../core/create_state.ts";
import type { Outgoing } from "../core/output.ts";
import { coreConfigOf } from "../replica_config.ts";
import { EMPTY_RECOVERED } from "../storage/empty.ts";
import { createAdversary } from "./mod.ts";

const { roster } = makeRoster();
const config = coreConfigOf(roster, roster.replicas[0]!, 1);
const genesis = genesisHash(sha256Hex, roster.cluster);
const state = createState(config, EMPTY_RECOVERED, {
  hash: sha256Hex,
  machine: new KvStore(),
  changes: NO_CHANGES,
  chunks: new HeldChunks(),
}, 0);
const adversary = () => {
  const corrupt = createAdversary("equivocate", { config, hash: sha256Hex, state }).corrupt!;
  return (outgoing: readonly Outgoing[]) => corrupt(outgoing, 0);
};
const [r1, r2, r3, r4] = ["r1", "r2", "r3", "r4"].map(replicaId);

const request = (number: number): Signed<SendRequest> => ({
  message: {
    kind: "SendRequest",
    client: clientId("c1"),
    session: logIndex(1),
    seq: seq(number),
    floor: seq(1),
    mode: "command",
    command: new Uint8Array(0),
  },
  body: Uint8Array.of(number),
  signature: new Uint8Array(64),
});

function append(prevIndex: number, prevHash: Digest, requests: readonly Signed<SendRequest>[]) {
  const entry: Entry = { index: logIndex(prevIndex + 1), term: term(2), body: joinRequests(requests), requests };
  const { hash } = chainEntry(sha256Hex, prevHash, entry);
  const signed: AppendEntries = {
    kind: "AppendEntries",
    term: term(2),
    leader: r1!,
    round: round(1),
    prevIndex: logIndex(prevIndex),
    prevHash,
    entryHashes: [hash],
    commitIndex: logIndex(0),
  };
  const outgoing: Outgoing = {
    to: [r1!, r2!, r3!, r4!],
    packet: { kind: "AppendEntries", signed, entries: [entry], proof: null },
  };
  return { outgoing, hash };
}

const packetOf = ({ packet }: Outgoing) => packet as UnsignedPacketOf<"AppendEntries">;
const ordered = ({ packet }: Outgoing) =>
  splitRequests((packet as UnsignedPacketOf<"AppendEntries">).entries[0]!.body)!.map(({ body }) => body[0]);

Deno.test("it opens its term like an honest leader: a no-op cannot be forked", () => {
  const { outgoing } = append(0, genesis, []);
  assertEquals(adversary()([outgoing]), [outgoing]);
});

Deno.test("halves of the peers get entries of one index that differ, each bound to its header; itself gets the honest one", () => {
  const { outgoing } = append(0, genesis, [request(1), request(2)]);
  const [truth, lie] = adversary()([outgoing]);
  assertEquals([truth!.to, lie!.to], [[r1!, r2!], [r3!, r4!]]);
  assertEquals([ordered(truth!), ordered(lie!)], [[1, 2], [2, 1]]);
  for (const { packet } of [truth!, lie!]) {
    const { signed: header, entries } = packet as UnsignedPacketOf<"AppendEntries">;
    assertEquals(header.entryHashes, [chainEntry(sha256Hex, genesis, entries[0]!).hash]);
  }
  assert(packetOf(truth!).signed.entryHashes[0] !== packetOf(lie!).signed.entryHashes[0]);
});

Deno.test("the lie goes on consistently in later entries, and is told again when asked for", () => {
  const lieTo = adversary();
  const first = append(0, genesis, [request(1)]);
  const forked = packetOf(lieTo([first.outgoing])[1]!).signed.entryHashes[0];
  const second = lieTo([append(1, first.hash, [request(2)]).outgoing]);
  assertEquals(packetOf(second[0]!).signed.prevHash, first.hash);
  assertEquals(packetOf(second[1]!).signed.prevHash, forked);
  const resent = lieTo([{ ...first.outgoing, to: [r4!] }]);
  assertEquals(resent.map(({ to }) => to), [[r4!]]);
  assertEquals(packetOf(resent[0]!).signed.entryHashes[0], forked);
});

Deno.test("it acks both of its chains, and does not spread evidence against itself", () => {
  const lieTo = adversary();
  const { outgoing, hash } = append(0, genesis, [request(1)]);
  const forked = packetOf(lieTo([outgoing])[1]!).signed.entryHashes[0];
  const response: Outgoing = {
    to: "all",
    packet: {
      kind: "AppendEntriesResponse",
      signed: {
        kind: "AppendEntriesResponse",
        term: term(2),
        replica: r1!,
        acks: [{ index: logIndex(1), hash }],
        prepared: { term: term(0), index: logIndex(0), hash: genesis },
        commitIndex: logIndex(0),
        commitHash: genesis,
        round: round(1),
      },
    },
  };
  const sent = lieTo([response]);
  const acked = sent.map(({ packet }) => packet.kind === "AppendEntriesResponse" && packet.signed.acks[0]!.hash);
  assertEquals(acked, [hash, forked!]);
  assertEquals(sent[1]!.to, [r2!, r3!, r4!]);
  const evidence = { kind: "double-ack", culprit: r1!, first: null as never, second: null as never } as const;
  assertEquals(lieTo([{ to: "all", packet: { kind: "Evidence", evidence } }]), []);
});
