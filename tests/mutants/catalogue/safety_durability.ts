/** Mutants of durable state (§4.1, §4.2): signatures rest on memory alone, and neither mark nor guard notices. */
import { type Mutant, patch } from "../mutant.ts";
import { GUARD_WITHOUT_LAST_ACK, GUARD_WITHOUT_LAST_VOTE, NO_DURABLE_MARK } from "./second_layers.ts";

const hardState = (replace: string) =>
  patch(
    "setHardState",
    `  state.hard = next;
  out.persist.push({ op: "hard-state", state: next });`,
    replace,
  );

export const SAFETY_DURABILITY: readonly Mutant[] = [
  {
    name: "term-not-durable",
    kind: "safety",
    clause: "§4.1",
    what: "a raised term, and the vote that raised it, are written only with the first ack of the term",
    how:
      "A votes in T and crashes. Restarted in t < T it reports there what is prepared, e is committed in t, and the " +
      "leader of T, elected with A's vote, overwrites it.",
    patches: [
      hardState(`  const raised = next.currentTerm > state.hard.currentTerm;
  state.hard = next;
  if (!raised) out.persist.push({ op: "hard-state", state: next });`),
      NO_DURABLE_MARK,
      patch("checkTerm", `  if (term < highest) {`, `  if (term < 0) {`),
      patch("verifyHardState", `  if (signedTerm > currentTerm) {`, `  if (signedTerm < 0) {`),
      patch("verifyHardState", `  if (lastTerm > currentTerm) throw`, `  if (lastTerm < 0) throw`),
    ],
  },
  {
    name: "vote-not-durable",
    kind: "safety",
    clause: "§4.1",
    what: "the vote of the current term is kept in memory only",
    how: "A votes for B, crashes, and votes for C in the same term: with one Byzantine voter both are elected.",
    patches: [
      hardState(`  state.hard = next;
  out.persist.push({ op: "hard-state", state: { ...next, vote: null } });`),
      NO_DURABLE_MARK,
      GUARD_WITHOUT_LAST_VOTE,
    ],
  },
  {
    name: "ack-not-durable",
    kind: "safety",
    clause: "§4.1",
    what: "what was acked in the current term is kept in memory only",
    how: "A acks e, crashes, and follows the equivocating leader of the same term to e', which it acks too.",
    patches: [
      hardState(`  state.hard = next;
  out.persist.push({ op: "hard-state", state: { ...next, ack: null } });`),
      NO_DURABLE_MARK,
      GUARD_WITHOUT_LAST_ACK,
    ],
  },
  {
    name: "commits-wait-despite-fast-reads",
    kind: "safety",
    clause: "§7.4",
    what: "a commit waits for a later transaction although fast reads are enabled",
    how:
      "A replica answers a write and a fast read at a commit that it then loses in a crash. Restarted, it answers fast " +
      "reads from the state before, and so does a replica that is behind.",
    needs: "fast reads",
    patches: [
      patch("createEffects", `new WaitingCommit(state.config.constants.fastReads)`, `new WaitingCommit(false)`),
    ],
  },
  {
    name: "commit-index-shown-before-durable",
    kind: "safety",
    clause: "§4.1",
    what: "a commit waits for a later transaction although a response shows it",
    how: "A replica shows a commit index, crashes, and shows a lower one.",
    patches: [
      patch("WaitingCommit.join", `const waits = intents.length === 0 && (`, `const waits = intents.length >= 0 && (`),
      NO_DURABLE_MARK,
    ],
  },
];
