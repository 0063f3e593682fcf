import { LIMITS } from "../../../../protocol/limits.ts";
import { compareRank, sameCertified } from "../../../../protocol/rank.ts";
import {
  agree,
  headers,
  isFalse,
  lowRequests,
  proofs,
  receivers,
  requests,
  rogueTerms,
  termsAsked,
} from "../leaders/leader_counts.ts";
import { ambiguous, faulty, type Sent, testAttack } from "../support/attack_lab.ts";

testAttack({
  attack: "a candidate with an old certificate",
  actor: "low-base",
  seeds: [7],
  wanted: { "requests on a base below the voter's rank": [10, lowRequests] },
});

testAttack({
  attack: "mixed-base votes",
  actor: "mixed-base",
  seeds: [7, 11],
  wanted: {
    "proofs of votes on several bases": [2, (sent) => proofs(sent).filter(({ votes }) => !agree(votes)).length],
  },
});

testAttack({
  attack: "a lower base shown than voted",
  actor: "base-swapper",
  seeds: [7],
  wanted: {
    "proofs with a base below that of their votes": [
      2,
      (sent) => proofs(sent).filter(({ base, votes }) => agree(votes) && compareRank(base, votes[0]!.base) < 0).length,
    ],
    "requests with another certificate than they name": [
      5,
      (sent) => requests(sent).filter(({ base, certificate }) => !sameCertified(base, certificate)).length,
    ],
  },
});

testAttack({
  attack: "the same voter asked again with another base in one term",
  actor: "asks-twice",
  seeds: [4],
  wanted: {
    "voters asked with two bases": [
      3,
      (sent) =>
        ambiguous(
          requests(sent).flatMap(({ from, term, to, base }) =>
            to.map((id): [string, string] => [`${from} ${term} ${id}`, `${base.term} ${base.index}`])
          ),
        ),
    ],
  },
});

testAttack({
  attack: "a false base: certificates made up, or put together of real responses",
  actor: "false-base",
  seeds: [1],
  wanted: {
    "requests with a false certificate": [
      5,
      (sent) => requests(sent).filter(({ certificate }) => isFalse(certificate, 3)).length,
    ],
  },
});

testAttack({
  attack: "no, too few, forged, repeated or stale votes",
  actor: "false-votes",
  seeds: [12],
  wanted: {
    "too few voters": [
      5,
      (sent) => proofs(sent).filter(({ votes }) => new Set(votes.map(({ voter }) => voter)).size < 3).length,
    ],
    "enough voters, all forged but its own": [2, (sent) => forgedVotes(sent)],
    "votes of other terms": [
      1,
      (sent) => proofs(sent).filter(({ votes }) => votes.some(({ term }) => term !== votes[0]!.term)).length,
    ],
  },
});

/** Counts proofs that name a voter that never sent such a vote. */
function forgedVotes(sent: readonly Sent[]): number {
  const given = new Set(
    sent.flatMap(({ honest, packet }) => honest && packet.kind === "Vote" ? [packet.signed.body.join()] : []),
  );
  return headers(sent).filter(({ leader, packet: { proof } }) =>
    (proof?.votes ?? []).some(({ message, body }) => message.voter !== leader && !given.has(body.join()))
  ).length;
}

testAttack({
  attack: "a signed refusal counted as a vote",
  actor: "counts-refusals",
  seeds: [12],
  wanted: {
    "proofs with the signature of an answer that grants nothing": [
      3,
      (sent) => {
        const refusals = new Set(
          sent.flatMap(({ packet }) =>
            packet.kind === "VoteRefusal" || packet.kind === "VoteDeferred" ? [packet.signed.signature] : []
          ),
        );
        return headers(sent).filter(({ packet: { proof } }) =>
          proof?.votes.some(({ signature }) => refusals.has(signature))
        ).length;
      },
    ],
  },
});

testAttack({
  attack: "term 2^53",
  actor: "last-term",
  seeds: [5],
  wanted: {
    "requests for the last term": [
      20,
      (sent) => requests(sent).filter(({ term }) => term === LIMITS.maxInteger).length,
    ],
    "PreVotes for the last terms": [
      20,
      (sent) =>
        faulty(sent, "PreVote").filter(({ packet }) => packet.signed.message.term > LIMITS.maxInteger / 2).length,
    ],
  },
});

testAttack({
  attack: "elections without end",
  actor: "endless-elections",
  seeds: [1],
  wanted: {
    "terms asked for": [5, termsAsked],
    "headers": [0, (sent) => -headers(sent).length],
    "PreVotes for terms to come": [50, (sent) => faulty(sent, "PreVote").length],
  },
});

testAttack({
  attack: "always first, then silent",
  actor: "always-first",
  seeds: [4],
  wanted: {
    "terms asked for": [5, termsAsked],
    "terms led with heartbeats alone": [
      1,
      (sent) => rogueTerms(sent).filter((all) => receivers(all, true) === 0).length,
    ],
    "entries": [0, (sent) => -headers(sent).filter(({ entryHashes }) => entryHashes.length > 0).length],
  },
});
