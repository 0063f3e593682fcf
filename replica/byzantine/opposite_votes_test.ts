import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { contradicts } from "../../protocol/evidence.ts";
import { logIndex, term } from "../../protocol/ids.ts";
import type { RequestVote, Vote } from "../../protocol/message.ts";
import { inputOf, PEERS, rideOn, SELF, signAs } from "../../tests/support/byzantine_victim.ts";
import { genesisCertificate } from "../core/create_state.ts";
import type { Outgoing } from "../core/output.ts";

const [r2, r3] = PEERS;

const votesIn = (sent: readonly Outgoing[]): Vote[] =>
  sent.flatMap(({ packet }) => packet.kind === "Vote" ? [packet.signed] : []);

function areContradictory(votes: readonly Vote[]): boolean {
  const signed = votes.map((vote) => signAs(SELF, vote));
  return signed.some((first) =>
    signed.some((second) => contradicts({ kind: "double-vote", culprit: SELF, first, second }, sha256Hex))
  );
}

/** Its answers if r2 and r3 ask in one term. */
function answersToTwo() {
  const { victim, adversary } = rideOn("opposite-votes");
  const certificate = genesisCertificate(victim.state.genesis);
  const base = { term: term(0), index: logIndex(0), hash: victim.state.genesis.hash };
  for (const candidate of [r2!, r3!]) {
    const request: RequestVote = { kind: "RequestVote", term: term(5), candidate, base };
    const packet = { kind: "RequestVote", signed: signAs(candidate, request), certificate, preVotes: [] } as const;
    assertEquals(adversary.swallows!(inputOf(packet)), false);
  }
  return { base, sent: [...adversary.corrupt!([], 0)] };
}

Deno.test("two candidates of one term both get its vote at once, twice, and on several bases", () => {
  const { base, sent } = answersToTwo();
  for (const candidate of [r2!, r3!]) {
    const mine = votesIn(sent.filter(({ to }) => to.includes(candidate as never)))
      .filter((vote) => vote.term === 5 && vote.candidate === candidate);
    assert(mine.filter((vote) => vote.base.hash === base.hash).length >= 2);
    assert(mine.some((vote) => vote.base.hash !== base.hash));
  }
  assert(areContradictory(votesIn(sent)));
});

Deno.test("with its votes go refusals, honest and forged, and deferrals", () => {
  const { sent } = answersToTwo();
  const refusals = sent.flatMap(({ packet }) =>
    packet.kind === "VoteRefusal" && packet.signed.term === 5 ? [packet] : []
  );
  assertEquals(new Set(refusals.map(({ signed }) => signed.candidate)), new Set([r2!, r3!]));
  assertEquals(new Set(refusals.map(({ certificate }) => Number(certificate.index))), new Set([0, 1]));
  assert(sent.some(({ packet }) => packet.kind === "VoteDeferred"));
});

Deno.test("it votes for those who never asked, too, and never for what its core would say", () => {
  const { victim, adversary, speak } = rideOn("opposite-votes");
  const sent = speak(12);
  assertEquals(new Set(votesIn(sent).map(({ candidate }) => candidate)), new Set(PEERS));
  assert(areContradictory(votesIn(sent)));
  assert(sent.every(({ to }) => to !== "all" && !to.includes(SELF)));
  const base = { term: term(0), index: logIndex(0), hash: victim.state.genesis.hash };
  const vote: Vote = { kind: "Vote", term: term(9), candidate: r2!, voter: SELF, granted: true, base };
  assertEquals(adversary.corrupt!([{ to: [r2!], packet: { kind: "Vote", signed: vote } }], 0), []);
});
