/** Mutants of the `crash` profile (§1.4): plain Raft's rules, each taken out. Most others show there too, with `--profile crash`. */
import { type Mutant, patch } from "../mutant.ts";
import { PERSIST_LAST } from "./more.ts";
import { NO_DURABLE_MARK } from "./second_layers.ts";

export const CRASH: readonly Mutant[] = [
  {
    name: "crash-quorum-by-half",
    kind: "safety",
    clause: "§1.4",
    what: "in the crash profile a quorum is half of the replicas, rounded down",
    how: "n = 3: each side of a partition elects its leader of the same term, and commits by itself.",
    patches: [
      patch("quorumOf", `quorum: Math.ceil((n + f + 1) / 2),`, `quorum: Math.max(1, Math.floor((n + f) / 2)),`),
    ],
    profile: "crash",
  },
  {
    name: "crash-older-acks-counted",
    kind: "safety",
    clause: "§1.4",
    what: "an entry is committed once Q replicas of one term hold it, though most acked it in an older term",
    how:
      "Raft's figure 8: A leads t, B alone acks e; A leads again in t + 2 and C acks e there. e is counted as committed by A, B " +
      "and C's logs, and the leader of t + 1, whose own entry ranks above most of theirs, overwrites it.",
    patches: [
      patch(
        "onAppendEntriesResponse",
        `  if (prepared.term === term && prepared.index > (record.report?.index ?? -1)) {`,
        `  if (prepared.index > (record.report?.index ?? -1)) {`,
      ),
      patch(
        "reportsHold",
        `message.term !== term || message.prepared.term !== term`,
        `message.term !== term || message.prepared.term > term`,
      ),
    ],
    profile: "crash",
  },
  {
    name: "crash-votes-without-log-comparison",
    kind: "safety",
    clause: "§1.4",
    what: "a voter grants whatever the candidate has acked",
    how:
      "e is committed by A and B; C, which slept through it, is elected by B's vote on what it acked before, and overwrites e.",
    patches: [
      patch(
        "voting:answer",
        `  if (compareRank(request.base, state.prepared) < 0) return refuse(context, request);`,
        `  if (request.base.term < 0) return refuse(context, request);`,
      ),
    ],
    profile: "crash",
  },
  {
    name: "crash-longest-log-wins",
    kind: "safety",
    clause: "§1.4",
    what: "votes compare how long logs are, not in which term they were acked",
    how:
      "A was alone in t with five entries that nobody else acked; meanwhile one is committed in t + 1. A's longer log wins the next " +
      "election.",
    patches: [
      patch(
        "voting:answer",
        `compareRank(request.base, state.prepared) < 0)`,
        `request.base.index < state.prepared.index)`,
      ),
    ],
    profile: "crash",
  },
  {
    name: "crash-ack-without-rank",
    kind: "safety",
    clause: "§1.4",
    what: "what is acked is reported as prepared, and is not remembered for votes",
    how:
      "A and B ack e, which commits it. B then votes for C, whose base ranks below the ack that B has told and forgotten.",
    patches: [
      patch(
        "confirm",
        `  if (trustsReplicas(state.config.constants)) certifyAck(context, headAt(state.log, end));\n`,
        ``,
      ),
      patch(
        "publishResponse",
        `      prepared: certified(state.prepared),`,
        `      prepared: hard.ack === null ? certified(state.prepared) : { term: hard.currentTerm, ...hard.ack },`,
      ),
      NO_DURABLE_MARK,
    ],
    profile: "crash",
  },
  {
    name: "crash-ack-before-durable",
    kind: "safety",
    clause: "§1.4",
    what: "acks leave before the transaction with the entries and the rank is committed",
    how:
      "B acks e, which commits it, and crashes before it was written. Restarted, it votes for C, which has never heard of e.",
    patches: PERSIST_LAST,
    profile: "crash",
  },
];
