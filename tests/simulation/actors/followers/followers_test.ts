import { ambiguous, faulty, forkedHeaders, headOf, responses, type Sent, testAttack } from "../support/attack_lab.ts";

const acking = (sent: readonly Sent[]) => responses(sent).filter(({ acks }) => acks.length > 0);

testAttack({
  attack: "a follower acks what it lacks, and whatever branch anybody acks",
  actor: "yes-man",
  seeds: [1],
  wanted: {
    "acks reported prepared in the same breath": [
      100,
      (sent) => acking(sent).filter(({ term, prepared }) => prepared.term === term).length,
    ],
  },
});

testAttack({
  attack: "a follower acks towards one replica alone",
  actor: "favouring",
  seeds: [1],
  wanted: {
    "acks for one": [100, (sent) => acking(sent).filter(({ to }) => to.length === 1).length],
    "acks for all": [0, (sent) => -acking(sent).filter(({ to }) => to.length > 1).length],
  },
});

testAttack({
  attack: "one replica's several signed responses counted as several",
  actor: "many-voices",
  seeds: [7, 12],
  wanted: {
    "points acked to one replica in several messages": [
      100,
      (sent) =>
        ambiguous(
          acking(sent).map((each) => [
            `${each.from} ${each.to} ${each.term} ${headOf(each)}`,
            each.signed.body.join(),
          ]),
        ),
    ],
    "indexes with two hashes of one leader": [1, forkedHeaders],
    "certificates with one replica twice": [
      1,
      (sent) =>
        faulty(sent, "VoteRefusal").filter(({ packet: { certificate: { responses: list } } }) =>
          new Set(list.map(({ message }) => message.replica)).size < list.length
        ).length,
    ],
  },
});

testAttack({
  attack: "an old term's certificate recounted in a new term: acks of one point in several terms",
  actor: "term-mixer",
  seeds: [11, 12],
  wanted: {
    "points acked in several terms": [
      50,
      (sent) => ambiguous(acking(sent).map((each) => [`${each.from} ${headOf(each)}`, `${each.term}`])),
    ],
  },
});

testAttack({
  attack: "a certificate kept back and shown after its fall",
  actor: "late-acker",
  seeds: [7],
  wanted: {
    "acks of a term that an honest replica had left": [
      10,
      (sent) =>
        acking(sent).filter(({ term, now }) =>
          sent.some(({ honest, packet, now: at }) =>
            honest && at <= now && packet.kind === "AppendEntriesResponse" && packet.signed.message.term > term
          )
        ).length,
    ],
  },
});

testAttack({
  attack: "a follower reports what it never saw, and another term than its response's",
  actor: "stale-reporter",
  seeds: [1],
  wanted: {
    "reports whose terms differ": [
      50,
      (sent) => responses(sent).filter(({ term, prepared }) => prepared.term !== term).length,
    ],
  },
});

testAttack({
  attack: "every honest replica sees other responses of a follower",
  actor: "selective",
  seeds: [9],
  wanted: {
    "responses kept from some": [100, (sent) => responses(sent).filter(({ to }) => to.length < 3).length],
  },
});

testAttack({
  attack: "silence for chosen kinds",
  actor: "choosy",
  seeds: [3],
  wanted: {
    "stretches without a word while others answer": [
      2,
      (sent) => {
        const stretch = ({ now }: { readonly now: number }) => Math.floor(now / 2_500);
        const spoke = new Set(responses(sent).map(stretch));
        const heard = new Set(
          sent.filter(({ honest, packet }) => honest && packet.kind === "AppendEntriesResponse").map(stretch),
        );
        return [...heard].filter((at) => !spoke.has(at)).length;
      },
    ],
    "responses in other stretches": [20, (sent) => responses(sent).length],
  },
});

testAttack({
  attack: "garbage and floods",
  actor: "flooder",
  seeds: [1],
  wanted: {
    "repetitions": [500, (sent) => responses(sent).length - new Set(responses(sent).map(({ signed }) => signed)).size],
    "unsigned": [
      100,
      (sent) => responses(sent).filter(({ signed }) => signed.signature.every((byte) => byte === 1)).length,
    ],
  },
});
