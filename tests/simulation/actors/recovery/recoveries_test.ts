import { LIMITS } from "../../../../protocol/limits.ts";
import { senderOf } from "../../../../protocol/signatures.ts";
import { ambiguous, type Count, faulty, type Sent, testAttack } from "../support/attack_lab.ts";

const answers = (sent: readonly Sent[]) =>
  faulty(sent, "RollCallAnswer").map(({ from, packet: { signed: { message } } }) => ({ from, ...message }));

testAttack({
  attack: "roll calls answered absurdly low and high, twice, late, and in the names of others",
  actor: "false-roll-call",
  seeds: [9, 10],
  wanted: {
    "absurdly high": [5, (sent) => answers(sent).filter(({ term }) => term === LIMITS.maxInteger).length],
    "absurdly low": [
      5,
      (sent) => answers(sent).filter(({ term, from, replica }) => term === 0 && from === replica).length,
    ],
    "in the names of others": [20, (sent) => answers(sent).filter(({ from, replica }) => from !== replica).length],
    "recoveries answered in two ways": [
      2,
      (sent) =>
        ambiguous(answers(sent).map(({ from, replica, nonce, term }) => [`${from} ${replica} ${nonce}`, `${term}`])),
    ],
  },
});

testAttack({
  attack: "roll calls without end by a replica that lost nothing",
  actor: "false-learner",
  seeds: [9],
  wanted: {
    "recoveries by name": [
      50,
      (sent) => new Set(faulty(sent, "RollCall").map(({ packet }) => packet.signed.message.nonce)).size,
    ],
    "acks meanwhile": [50, (sent) => faulty(sent, "AppendEntriesResponse").length],
    "answers to it": [
      20,
      (sent) => sent.filter(({ honest, packet }) => honest && packet.kind === "RollCallAnswer").length,
    ],
  },
});

/** Counts packets passed on whose signer called the roll after it had signed them: it has lost its disk since. */
const ofThePast = (kind: "AppendEntriesResponse" | "Vote"): Count => (sent) => {
  const signedAt = new Map<object, number>();
  const lostAt = new Map<string, number>();
  let shown = 0;
  for (const { honest, from, packet, now } of sent) {
    if (honest && packet.kind === "RollCall") lostAt.set(from, now);
    if (honest && packet.kind === kind) signedAt.set(packet.signed, now);
    if (honest || packet.kind !== kind || senderOf(packet) === from) continue;
    const at = signedAt.get(packet.signed);
    if (at !== undefined && at < (lostAt.get(senderOf(packet)!) ?? -Infinity)) shown++;
  }
  return shown;
};

/** Counts secret votes: requests for a vote that were sent to one replica alone. */
const secretRequests: Count = (sent) => faulty(sent, "RequestVote").filter(({ to }) => to.length === 1).length;

testAttack({
  attack: "what a replica signed before it lost its disk, shown after it is back",
  actor: "collector-of-the-past",
  seeds: [4, 7],
  wanted: {
    "forgotten acks and reports": [200, ofThePast("AppendEntriesResponse")],
    "forgotten votes": [20, ofThePast("Vote")],
    "votes asked for in secret": [5, secretRequests],
  },
});

testAttack({
  attack: "forgotten acks and reports shown to whom they finish something for",
  actor: "greedy-past",
  seeds: [1],
  wanted: {
    "forgotten acks and reports": [2, ofThePast("AppendEntriesResponse")],
    "acks shown to one alone": [
      100,
      (sent) => faulty(sent, "AppendEntriesResponse").filter(({ to }) => to.length === 1).length,
    ],
    "votes asked for in secret": [5, secretRequests],
  },
});
