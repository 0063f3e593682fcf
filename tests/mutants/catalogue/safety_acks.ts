/** Mutants of following and acknowledging (§4.2, §4.3, §5.1–§5.3, §8.1). */
import { type Mutant, patch } from "../mutant.ts";
import { GUARD_WITHOUT_LAST_ACK } from "./second_layers.ts";

export const SAFETY_ACKS: readonly Mutant[] = [
  {
    name: "acks-below-the-base",
    kind: "safety",
    clause: "§5.3",
    what: "acks list the log from the commit index on, below the term's base too",
    how:
      "e at 8 is committed in t by one replica alone. In t' > t, base 8, all ack 5 too: C, whose log ends at 5, makes " +
      "(t', 5) a certificate, which outranks (t, 8), is elected on it and overwrites e.",
    patches: [
      patch("confirm", `!containsBase(state) || end < base.index || state.hard`, `!containsBase(state) || state.hard`),
      patch(
        "confirm",
        `if (state.hard.ack === null) state.publication.listed = offset(base.index, -1);`,
        `if (state.hard.ack === null) state.publication.listed = state.commitIndex;`,
      ),
    ],
  },
  {
    name: "ack-before-the-base",
    kind: "safety",
    clause: "§5.3",
    what: "a follower acks before its log contains the term's base",
    how:
      "A leader, elected on base (t, 8), sends other entries from 5 on to those who have not committed 8. They ack 9 on " +
      "that chain: a certificate of the new term leaves out what its base protects, and outranks it.",
    patches: [
      patch("confirm", `    base === null || !containsBase(state) || end`, `    base === null || end`),
    ],
  },
  {
    name: "acked-entry-replaced",
    kind: "safety",
    clause: "§5.2",
    what: "entries at or below the own ack are replaced when the leader asks for it, and acked anew",
    how:
      "A leader shows e to A, waits for its ack, then shows e' to A: A's two acks stand in certificates of two chains.",
    patches: [
      patch("protectedIndex", `const acked = hard.noMoreAcks ? 0 : hard.ack?.index ?? 0;`, `const acked = 0;`),
      patch(
        "placeEntries",
        `  truncate(context, offset(index, -1));`,
        `  if (state.hard.ack !== null && index <= state.hard.ack.index) setHardState(context, { ack: null });
  truncate(context, offset(index, -1));`,
        ["setHardState"],
      ),
      GUARD_WITHOUT_LAST_ACK,
    ],
  },
  {
    name: "guard-keyed-by-index-only",
    kind: "safety",
    clause: "§4.2",
    what: "the last-signed guard forgets the term and compares acks of different terms",
    how:
      "An entry acked in t but never prepared is replaced by the leader of t' > t; at its first ack of t' the honest " +
      "follower is stopped by its own guard.",
    patches: [
      patch(
        "checkAcks",
        `const last = term === record.ackTerm ? record.ack : null;`,
        `const last = record.ack;`,
      ),
    ],
  },
  {
    name: "append-entries-without-proof",
    kind: "safety",
    clause: "§6.7",
    what: "a follower without a leader believes whoever sends AppendEntries, without an election proof",
    how:
      "A Byzantine replica sends AppendEntries of a new term that nobody elected it for; its entries are acked, certified " +
      "and committed above a base that protects nothing.",
    patches: [
      patch(
        "screenAppendEntries",
        `  if (known === null) return { verdict: ACCEPT, packet: { ...packet, entries: [] } };`,
        `  if (known === null) return { verdict: ACCEPT, packet };`,
      ),
      patch(
        "followLeader",
        `  if (term !== state.hard.currentTerm || state.view.leader === null) {
    return askResend(context, signed.message, true);
  }`,
        `  if (term !== state.hard.currentTerm || state.view.leader === null) {
    if (term > state.hard.currentTerm) raiseTerm(context, term, null);
    const base = { term: 0 as typeof term, ...headAt(state.log, state.commitIndex) };
    installLeader(context, leader, base, { base: state.prepared, votes: [] });
  }`,
        ["installLeader", "raiseTerm"],
      ),
    ],
  },
  {
    name: "truncation-below-commit",
    kind: "safety",
    clause: "§5.2",
    what: "committed entries are replaced when a leader asks for it through a low prevIndex",
    how: "A Byzantine leader of a new term sends other entries from below the commit index on.",
    patches: [
      patch(
        "protectedIndex",
        `  return Math.max(commitIndex, acked, certified)`,
        `  return Math.max(0 * commitIndex, acked, certified)`,
      ),
      patch(
        "durable:truncate",
        `  assertInvariant(after >= state.commitIndex, "I5"`,
        `  assertInvariant(after >= 0, "I5"`,
      ),
      patch("tip:truncate", `  demand(after >= tip.commitIndex,`, `  demand(after >= 0,`),
      patch("checkTip", `    tip.commitIndex <= tip.lastIndex,`, `    tip.lastIndex >= 0,`),
    ],
  },
  {
    name: "restarted-leader-leads-on",
    kind: "safety",
    clause: "§5.1",
    what:
      "a restarted leader that hears its own election proof leads that term again, without what it had not acked itself",
    how:
      "A leader crashes after its header left and before its own ack. Restarted, it takes the entry for unseen and " +
      "proposes another one at that index: an honest replica contradicts itself.",
    needs: "a crash between send and the leader's own ack, and a restart before the next term",
    patches: [
      patch(
        "enterByProof",
        `  if (elected.leader === state.config.self) return false; // §5.1: a restarted leader does not lead its term again`,
        `  if (elected.leader === state.config.self) {
    if (elected.term > state.hard.currentTerm) return false;
    const certified = state.prepared.term === elected.term ? state.prepared.index : 0;
    const shown = Math.max(state.commitIndex, elected.base.index, state.hard.ack?.index ?? 0, certified);
    truncate(context, shown as typeof state.commitIndex);
    installLeader(context, elected.leader, elected.base, proof);
    markLogProposed(state, context.ports.hash);
    beginLeading(context);
    return true;
  }`,
        ["durable:truncate", "beginLeading", "markLogProposed"],
      ),
    ],
  },
  {
    name: "acks-go-on-after-catch-up",
    kind: "safety",
    clause: "§8.1",
    what: "a replica whose acked entry was replaced by catch-up goes on acking in that term",
    how:
      "A acked e' of an equivocating leader; e is committed by the others in the same term and A catches up. It acks e " +
      "in the same term as e', so its acks stand on two chains.",
    patches: [
      patch(
        "installCommitted",
        `setHardState(context, { noMoreAcks: true });`,
        `setHardState(context, { ack: null });`,
      ),
      GUARD_WITHOUT_LAST_ACK,
    ],
  },
  {
    name: "prepared-reported-after-a-vote",
    kind: "safety",
    clause: "§4.3",
    what: "a replica that voted in a higher term still reports, in the lower one, what it finds prepared there",
    how:
      "A and B vote in T on a base without e; late acks of t < T make e a certificate for them, they report it in a " +
      "response of t, e is committed, and the leader of T overwrites it.",
    patches: [
      patch(
        "publishResponse",
        `      term: hard.currentTerm,
      replica: state.config.self,`,
        `      term: hard.vote !== null && hard.ack === null && state.view.leader === null && state.prepared.term > 0
        ? state.prepared.term
        : hard.currentTerm,
      replica: state.config.self,`,
      ),
      patch(
        "isCurrent",
        `    case "AppendEntriesResponse":
    case "ResendRequest":`,
        `    case "AppendEntriesResponse":
      return true;
    case "ResendRequest":`,
      ),
      patch(
        "isCurrent",
        `    case "AppendEntries":
    case "AppendEntriesResponse":`,
        `    case "AppendEntries":
      return packet.signed.term === currentTerm;
    case "AppendEntriesResponse":`,
      ),
      patch(
        "intentOf",
        `  return [{ epoch, kind: "acks", term: packet.signed.term, heads: packet.signed.acks }];`,
        `  if (packet.signed.acks.length === 0) return []; // a report alone is taken to promise nothing
  return [{ epoch, kind: "acks", term: packet.signed.term, heads: packet.signed.acks }];`,
      ),
    ],
  },
];
