/**
 * Recovery without a disk (§8.4): a replica that lost its record of what it signed is a learner until it knows a term above every one it
 * may have signed in, and has applied an entry of a still higher one. `docs/recovery.md` argues why that is enough.
 */
import type { ReplicaId, Term } from "../../../protocol/ids.ts";
import type { RollCallAnswer } from "../../../protocol/message.ts";
import { type Context, note, peersOf, send } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import { entryAt } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import type { RollCallState } from "./catch_up_state.ts";

export const emptyRollCall = (): RollCallState => ({ answers: new Map(), repeatAt: -Infinity });

/** On every tick: calls the roll, slowly once enough have answered, and ends the recovery once this replica can be sure. */
export function tickRecovery(context: Context): void {
  const { state, now } = context;
  const { recovery } = state.hard;
  if (recovery === null) return;
  if (recovery.bar !== null && isBeyond(state, recovery.bar)) return endRecovery(context);
  if (now < state.rollCall.repeatAt) return;
  const { electionTimeoutMs, electionTimeoutCapMs } = state.config.constants;
  state.rollCall.repeatAt = now + (recovery.bar === null ? electionTimeoutMs / 2 : electionTimeoutCapMs);
  const asked = peersOf(state).filter((id) => mayLower(state, recovery.bar, id));
  if (asked.length === 0) return;
  send(context, asked, {
    kind: "RollCall",
    signed: { kind: "RollCall", replica: state.config.self, nonce: recovery.nonce },
  });
}

/**
 * Returns whether another answer of `id` could give a bar or lower it. ⚠ Who answered with the bar or more is asked again: an honest replica would only
 * answer with more, but one that lied may be honest by then, and its first answer would keep this one a learner for ever.
 */
const mayLower = ({ rollCall }: CoreState, bar: Term | null, id: ReplicaId): boolean => {
  const lowest = rollCall.answers.get(id);
  return lowest === undefined || (bar !== null && lowest >= bar);
};

/**
 * ⚠ Returns whether all that was ever committed in terms up to `bar` is applied here, so that this replica holds again whatever it vouched for or answered:
 * an entry of a higher term is, or as much as an honest replica reported prepared in one (§5.6). What was prepared in a term lies at or above its base,
 * and what was committed before lies at or below that. A certificate of such a term alone may speak of a point far below.
 */
function isBeyond({ log, appliedIndex, commitCertificate, quorumSizes }: CoreState, bar: Term): boolean {
  if ((entryAt(log, appliedIndex)?.entry.term ?? 0) > bar) return true;
  if (commitCertificate === null || commitCertificate.term <= bar) return false;
  const reported = commitCertificate.responses.map(({ message }) => message.prepared.index).sort((a, b) => a - b);
  return appliedIndex >= reported[quorumSizes.weak - 1]!;
}

/** Returns whether an answer is to this recovery's roll call (§8.4). */
export const isAwaitedAnswer = ({ hard: { recovery }, config }: CoreState, answer: RollCallAnswer): boolean =>
  recovery !== null && answer.asker === config.self && answer.nonce === recovery.nonce &&
  answer.replica !== config.self;

/** currentTerm lies above the bar with that entry's or that certificate's, and nothing was signed in it. */
function endRecovery(context: Context): void {
  const { state } = context;
  const term = state.hard.currentTerm;
  setHardState(context, { recovery: null, vote: null, ack: null, noMoreAcks: false });
  note(context, "warn", "recovered", { term, commitIndex: state.commitIndex });
}
