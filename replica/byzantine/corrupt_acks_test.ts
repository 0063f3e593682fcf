import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { contradicts } from "../../protocol/evidence.ts";
import { logIndex, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse } from "../../protocol/message.ts";
import { honestState, PEERS, refusal, rideOn, SELF, signAs } from "../../tests/support/byzantine_victim.ts";
import type { Outgoing } from "../core/output.ts";

const responsesOf = (sent: readonly Outgoing[]): AppendEntriesResponse[] =>
  sent.flatMap(({ packet }) => packet.kind === "AppendEntriesResponse" ? [packet.signed] : []);

Deno.test("its lies go to the others alone, and are well enough formed to be taken in", () => {
  const { speak } = rideOn("corrupt-acks");
  for (const { to, packet } of speak(40)) {
    assertEquals(to, PEERS);
    if (packet.kind === "AppendEntriesResponse") assertEquals(refusal(honestState(), packet), null);
  }
});

Deno.test("it acks two hashes at one index, what nobody has, and heads as far ahead as there can be", () => {
  const said = responsesOf(rideOn("corrupt-acks").speak(40)).map((message) => signAs(SELF, message));
  const pairs = said.flatMap((first) =>
    said.map((second) => ({ kind: "double-ack", culprit: SELF, first, second }) as const)
  );
  assert(pairs.some((pair) => contradicts(pair, sha256Hex)));
  const acked = said.flatMap(({ message }) => message.acks.map(({ index }) => Number(index)));
  assert(acked.includes(LIMITS.maxInteger) && acked.includes(3));
});

Deno.test("it reports what is not prepared or committed, for this term and for others", () => {
  const said = responsesOf(rideOn("corrupt-acks").speak(40));
  assert(said.some(({ prepared }) => prepared.index > 0));
  assert(said.some(({ commitIndex }) => commitIndex === LIMITS.maxInteger));
  assert(new Set(said.map((response) => response.term)).size > 2);
  assert(said.some((response) => response.term !== response.prepared.term));
});

Deno.test("what its core says in truth comes back to its core alone, and its entries are the wrong ones", () => {
  const { victim, adversary, speak } = rideOn("corrupt-acks");
  speak(1);
  const truth: AppendEntriesResponse = {
    kind: "AppendEntriesResponse",
    term: term(1),
    replica: SELF,
    acks: [{ index: logIndex(0), hash: victim.state.genesis.hash }],
    prepared: { term: term(0), index: logIndex(0), hash: victim.state.genesis.hash },
    commitIndex: logIndex(0),
    commitHash: victim.state.genesis.hash,
    round: 1 as never,
  };
  const [own, ...lies] = adversary.corrupt!(
    [{ to: "all", packet: { kind: "AppendEntriesResponse", signed: truth } }],
    1,
  );
  assertEquals(own, { to: [SELF], packet: { kind: "AppendEntriesResponse", signed: truth } });
  assert(lies.length > 0 && lies.every(({ to }) => to !== "all" && !to.includes(SELF)));
  const entry = { index: logIndex(1), term: term(1), body: Uint8Array.of(0, 0), requests: [] };
  const signed = { kind: "FetchEntriesResponse", replica: SELF, nonce: 1, from: logIndex(1) } as const;
  const served = {
    kind: "FetchEntriesResponse",
    signed,
    entries: [entry, { ...entry, index: logIndex(2) }],
    certificate: null,
    checkpoint: null,
  } as const;
  const answers = [1, 2, 3, 4].flatMap(() => adversary.corrupt!([{ to: [PEERS[0]!], packet: served }], 1));
  const changed = answers.flatMap(({ packet }) => packet.kind === "FetchEntriesResponse" ? [packet.entries] : []);
  assertEquals(changed.length, 4);
  assert(changed.some(({ length }) => length === 1) && changed.some(([first]) => first!.term === 2));
});
