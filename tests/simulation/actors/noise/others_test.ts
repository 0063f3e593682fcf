import { senderOf } from "../../../../protocol/signatures.ts";
import { ambiguous, faulty, forkedHeaders, headOf, responses, type Sent, testAttack } from "../support/attack_lab.ts";

const fetched = (sent: readonly Sent[]) => faulty(sent, "FetchEntriesResponse").map(({ packet }) => packet);

testAttack({
  attack: "a source in catch-up: wrong entries, no and other certificates, drips, other questions",
  actor: "bad-source",
  seeds: [19],
  wanted: {
    "answers": [5, (sent) => fetched(sent).length],
    "without a certificate, or without entries": [
      2,
      (sent) => fetched(sent).filter(({ certificate, entries }) => certificate === null || entries.length === 0).length,
    ],
    "claims of commits that nobody made": [
      100,
      (sent) => responses(sent).filter(({ commitIndex, acks }) => commitIndex > (acks.at(-1)?.index ?? 0)).length,
    ],
  },
});

testAttack({
  attack: "evidence forged from what honest replicas really signed",
  actor: "false-accuser",
  seeds: [12],
  wanted: {
    "accusations of others": [
      100,
      (sent) => faulty(sent, "Evidence").filter(({ from, packet }) => packet.evidence.culprit !== from).length,
    ],
    "kinds of them": [
      3,
      (sent) => new Set(faulty(sent, "Evidence").map(({ packet }) => packet.evidence.kind)).size,
    ],
  },
});

testAttack({
  attack: "replay across terms",
  actor: "replayer",
  seeds: [12],
  wanted: {
    "packets of others passed on": [
      500,
      (sent) => sent.filter(({ honest, from, packet }) => !honest && senderOf(packet) !== from).length,
    ],
  },
});

testAttack({
  attack: "old heartbeats",
  actor: "heartbeat-replayer",
  seeds: [9],
  wanted: {
    "headers of others passed on again": [
      100,
      (sent) => {
        const passed = faulty(sent, "AppendEntries").filter(({ from, packet }) =>
          packet.signed.message.leader !== from
        );
        return passed.length - new Set(passed.map(({ packet }) => packet.signed)).size;
      },
    ],
  },
});

testAttack({
  attack: "a restart forgetting its vote and its acks",
  actor: "amnesiac",
  seeds: [11],
  wanted: {
    "acks as if of an empty disk": [
      10,
      (sent) => responses(sent).filter(({ acks, commitIndex }) => acks.length > 0 && commitIndex === 0).length,
    ],
    "votes": [1, (sent) => faulty(sent, "Vote").length],
  },
});

testAttack({
  attack: "messages with one thing changed, another for each receiver; a message signed by X that names Y",
  actor: "mutator",
  seeds: [12],
  wanted: {
    "names of others": [
      5,
      (sent) => sent.filter(({ honest, from, packet }) => !honest && ![from, null].includes(senderOf(packet))).length,
    ],
    "moments with different responses": [
      50,
      (sent) => ambiguous(responses(sent).map(({ from, now, signed }) => [`${from} ${now}`, signed.body.join()])),
    ],
  },
});

testAttack({
  attack: "one replica alone sees the quorum, both branches of a fork are acked",
  actor: "greedy-fork",
  seeds: [22],
  wanted: {
    "acks shown to one alone": [
      100,
      (sent) => responses(sent).filter(({ to, acks }) => to.length === 1 && acks.length > 0).length,
    ],
    "indexes with two hashes of one leader": [1, forkedHeaders],
    "indexes acked with two hashes in one term": [
      1,
      (sent) =>
        ambiguous(
          responses(sent).filter(({ acks }) => acks.length > 0).map((each): [string, string] => [
            `${each.from} ${each.term} ${each.acks.at(-1)!.index}`,
            headOf(each),
          ]),
        ),
    ],
    "votes": [1, (sent) => faulty(sent, "Vote").length],
  },
});

testAttack({
  attack: "vote splits, certificates shown late, terms that drift apart",
  actor: "greedy-stall",
  seeds: [7],
  wanted: {
    "requests shown to one replica alone": [
      2,
      (sent) => faulty(sent, "RequestVote").filter(({ to }) => to.length === 1).length,
    ],
    "refusals with certificates kept back": [
      1,
      (sent) => faulty(sent, "VoteRefusal").filter(({ packet }) => packet.certificate.term > 0).length,
    ],
  },
});
