import { assert, assertEquals } from "@std/assert";
import { replicaId, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { PreVote } from "../../protocol/message.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import {
  appendOf,
  honestState,
  inputOf,
  PEERS,
  refusal,
  rideOn,
  SELF,
  signAs,
} from "../../tests/support/byzantine_victim.ts";
import type { Outgoing } from "../core/output.ts";

const requestsIn = (sent: readonly Outgoing[]): UnsignedPacketOf<"RequestVote">[] =>
  sent.flatMap(({ packet }) => packet.kind === "RequestVote" ? [packet] : []);

const preVoteOf = (id: string, inTerm: number) => {
  const message: PreVote = { kind: "PreVote", term: term(inTerm), replica: replicaId(id) };
  return inputOf({ kind: "PreVote", signed: signAs(id, message), proof: null });
};

Deno.test("its PreVotes climb without end, up to the last term there can be", () => {
  const terms = rideOn("elections").speak(26)
    .flatMap(({ packet }) => packet.kind === "PreVote" ? [Number(packet.signed.term)] : []);
  assertEquals(terms.slice(0, 3), [1, 2, 3]);
  assertEquals(terms.filter((value) => value === LIMITS.maxInteger).length, 2);
});

Deno.test("without PreVotes enough it asks all the same, and every honest voter refuses at the door", () => {
  const { adversary, speak } = rideOn("elections");
  adversary.swallows!(preVoteOf("r2", 1));
  const refusals = requestsIn(speak(16)).map((packet) => refusal(honestState(), packet));
  assertEquals(refusals.length, 16);
  const codes = new Set(refusals);
  assert(
    ["no-pre-vote-certificate:RequestVote", "base-without-certificate:RequestVote", "signature:RequestVote"]
      .every((code) => codes.has(code)),
    [...codes].join(" "),
  );
  assert(!codes.has(null));
});

Deno.test("with PreVotes enough it asks at once, for every base it can name; only the certified ones are taken", () => {
  const { adversary } = rideOn("elections");
  for (const id of PEERS) adversary.swallows!(preVoteOf(id, 2));
  const sent = adversary.corrupt!([], 0);
  const asked = requestsIn(sent).slice(0, 3);
  assertEquals(asked.map(({ signed }) => Number(signed.term)), [1, 1, 1]);
  const codes = asked.map((packet) => refusal(honestState(), packet));
  assertEquals(codes.filter((code) => code === null).length, 2);
  assertEquals(codes.filter((code) => code === "base-without-certificate:RequestVote").length, 1);
  assert(sent.some(({ to, packet }) => packet.kind === "Vote" && to.length === 1 && to[0] === SELF));
});

Deno.test("where it wins it leads nobody: its followers get no entries, and in odd terms nothing at all", () => {
  const { victim, adversary } = rideOn("elections");
  for (const inTerm of [3, 4]) {
    const { packet } = appendOf(inTerm, 0, victim.state.genesis.hash, []);
    const sent = adversary.corrupt!([{ to: [SELF, ...PEERS], packet }], -1)
      .filter((each) => each.packet.kind === "AppendEntries");
    assertEquals(sent[0], { to: [SELF], packet });
    const rest = sent.slice(1).map((each) => each.packet.kind === "AppendEntries" && each.packet.entries.length);
    assertEquals(rest, inTerm === 3 ? [] : [0]);
  }
});
