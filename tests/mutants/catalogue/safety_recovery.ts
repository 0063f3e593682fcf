/** Mutants of recovery without a disk (§8.4): what was signed before is not asked for, or not waited for. */
import { type Mutant, type Patch, patch } from "../mutant.ts";

const LEARNER = "state.hard.recovery !== null";

/** The guard lets a replica sign in terms that it may have signed in before. */
const GUARD_WITHOUT_BAR: Patch = patch(
  "checkTerm",
  `  if (record.bar > 0 && term <= record.bar) {`,
  `  if (record.bar < 0 && term <= record.bar) {`,
);

export const SAFETY_RECOVERY: readonly Mutant[] = [
  {
    name: "amnesia-after-recover",
    kind: "safety",
    clause: "§8.4",
    what:
      "a learner takes part like anyone: it suspects, votes, stands, acks and reports with what it remembers, nothing",
    how:
      "A voted for B in t and lost its disk; now it votes for C in t. Or it acked e in t, and acks e' at that index in t.",
    needs: "a disk that is lost",
    patches: [
      patch("confirm", ` || ${LEARNER}\n  ) return;`, `\n  ) return;`),
      patch(
        "tickVoteRequests",
        `  if (state.election.suspectingSince === null || ${LEARNER}) return;`,
        `  if (state.election.suspectingSince === null) return;`,
      ),
      patch("tickCandidacy", `  if (${LEARNER}) return;\n`, ``),
      patch("tickPreVote", ` || ${LEARNER}) return;`, `) return;`),
      // Outbox and durable mark go by the same rule, so that this disables both.
      patch("learnerMaySign", `OF_LEARNER[kind];`, `OF_LEARNER[kind] || kind !== "RollCallAnswer";`),
      patch("checkRecovered", `  if (!recovering) return;`, `  if (!recovering || asked !== "") return;`),
    ],
  },
  {
    name: "bar-from-one-answer",
    kind: "safety",
    clause: "§8.4",
    what: "a learner takes the lowest answer to its roll call for its bar, and does not wait for Q of them",
    how: "A Byzantine replica answers 0, or an honest one that was cut off answers with the term it was left in.",
    needs: "a disk that is lost, and a replica that is behind or lies",
    patches: [
      patch(
        "onRollCallAnswer",
        `.sort((a, b) => a - b)[quorumSizes.quorum - 1] ?? null;`,
        `.sort((a, b) => a - b)[quorumSizes.quorum * 0] ?? null;`,
      ),
      GUARD_WITHOUT_BAR,
    ],
  },
  {
    name: "bar-off-by-one",
    kind: "safety",
    clause: "§8.4",
    what: "a learner takes the (Q − 1)-th lowest answer to its roll call for its bar, and does not wait for the Q-th",
    how:
      "n = 4: A and a Byzantine replica signed PreVotes for t, B voted in t and lost its disk, and C was cut off. The Byzantine one " +
      "answers 0 and C with the term it was left in; B comes back below t.",
    needs:
      "a disk lost after a vote in a term of which another honest replica knows nothing, and f that answer low besides",
    scenario: "forgotten-term",
    patches: [
      patch(
        "onRollCallAnswer",
        `.sort((a, b) => a - b)[quorumSizes.quorum - 1] ?? null;`,
        `.sort((a, b) => a - b)[quorumSizes.quorum - 2] ?? null;`,
      ),
    ],
  },
  {
    name: "roll-call-nonce-unchecked",
    kind: "safety",
    clause: "§8.4",
    what: "answers to the roll call of an earlier recovery count in this one",
    how:
      "A loses its disk, comes back, signs in t and loses its disk again. The answers to its first roll call are delivered once more, and " +
      "the lowest of each replica counts: A comes back below t.",
    needs: "a disk that is lost twice, with terms between, and old answers delivered again",
    scenario: "disk-lost-twice",
    patches: [
      patch(
        "isAwaitedAnswer",
        `answer.asker === config.self && answer.nonce === recovery.nonce &&`,
        `answer.asker === config.self &&`,
      ),
    ],
  },
  {
    name: "bar-without-prevotes",
    kind: "safety",
    clause: "§8.4",
    what: "roll calls are answered with the term entered, and what PreVotes were signed for is left out",
    how:
      "All suspect and publish PreVotes for t. A votes in t, which only the candidate hears of, and loses its disk. Nobody " +
      "else has entered t, so A comes back below it, and signs in t once more.",
    needs: "a disk that is lost right after a vote that left no other trace",
    patches: [
      patch(
        "onRollCall",
        `  const term = Math.max(hard.currentTerm, hard.preVoted) as Term;`,
        `  const term = Math.max(hard.currentTerm, 0) as Term;`,
      ),
    ],
  },
  {
    name: "recovery-ends-early",
    kind: "safety",
    clause: "§8.4",
    what: "a learner rejoins once it has applied an entry of its bar's term, not of a later one",
    how: "A acked e' in t and lost its disk; t commits e at that index, and A takes part in t again and acks e.",
    needs: "a disk that is lost",
    patches: [
      patch(
        "isBeyond",
        `  if ((entryAt(log, appliedIndex)?.entry.term ?? 0) > bar) return true;`,
        `  if ((entryAt(log, appliedIndex)?.entry.term ?? 0) >= bar) return true;`,
      ),
      GUARD_WITHOUT_BAR,
    ],
  },
  {
    name: "pre-votes-not-durable",
    kind: "safety",
    clause: "§8.4",
    what: "what PreVotes were signed for is kept in memory only",
    how: "As without them in the answers; but here who was asked has crashed between the PreVote and the roll call.",
    needs: "a disk that is lost right after a vote that left no other trace, and a crash of another replica",
    patches: [
      patch(
        "tickPreVote",
        `  if (term > state.hard.preVoted) setHardState(context, { preVoted: term });`,
        `  if (term > state.hard.preVoted) state.hard = { ...state.hard, preVoted: term };`,
      ),
      patch(
        "assertDurable",
        `      return hold(packet.signed.term <= hard.preVoted, "a PreVote");`,
        `      return hold(packet.signed.term >= 0, "a PreVote");`,
      ),
    ],
  },
];
