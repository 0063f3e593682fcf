import { quorumOf } from "../../../../protocol/quorum.ts";
import { ambiguous, faulty, responses, testAttack } from "../support/attack_lab.ts";

testAttack({
  attack: "a voter votes twice",
  actor: "double-voter",
  seeds: [5],
  replicas: 7,
  wanted: {
    "votes": [20, (sent) => faulty(sent, "Vote").length],
    "terms with votes for two candidates": [
      1,
      (sent) =>
        ambiguous(
          faulty(sent, "Vote").map(({ from, packet: { signed: { message } } }) => [
            `${from} ${message.term}`,
            message.candidate,
          ]),
        ),
    ],
  },
});

testAttack({
  attack: "false refusals to every candidate",
  actor: "refuser",
  seeds: [7],
  wanted: {
    "refusals": [10, (sent) => faulty(sent, "VoteRefusal").length],
    "refusals with certificates": [
      5,
      (sent) => faulty(sent, "VoteRefusal").filter(({ packet }) => packet.certificate.term > 0).length,
    ],
  },
});

testAttack({
  attack: "a voter goes on acking and reporting in the term it left",
  actor: "clinger",
  seeds: [1],
  wanted: {
    "responses of a term below its own vote's": [
      3,
      (sent) => {
        const votes = faulty(sent, "Vote").map(({ from, now, packet: { signed: { message } } }) => ({
          from,
          now,
          term: message.term,
        }));
        return responses(sent).filter(({ from, now, term, prepared }) =>
          prepared.term === term && votes.some((vote) => vote.from === from && vote.now <= now && vote.term > term)
        ).length;
      },
    ],
  },
});

testAttack({
  attack: "old PreVotes collected for long",
  actor: "prevote-collector",
  seeds: [7],
  wanted: {
    "requests shown to one replica alone with a quorum of PreVotes": [
      3,
      (sent) =>
        faulty(sent, "RequestVote").filter(({ to, packet }) =>
          to.length === 1 && packet.preVotes.length === quorumOf(4).quorum
        ).length,
    ],
  },
});

testAttack({
  attack: "honest replicas left in terms x+1, x, x with a silent Byzantine one",
  actor: "awkward-prevotes",
  seeds: [11],
  wanted: {
    "moments with PreVotes for different terms": [
      20,
      (sent) =>
        ambiguous(
          faulty(sent, "PreVote").map(({ from, now, packet }) => [
            `${from} ${now}`,
            `${packet.signed.message.term}`,
          ]),
        ),
    ],
    "runs in which it fell silent for good": [
      1,
      (sent) => {
        const last = sent.findLast(({ honest }) => !honest)?.now ?? 0;
        return last < sent.at(-1)!.now - 1_000 ? 1 : 0;
      },
    ],
  },
});
