/**
 * Recovery without a disk (§8.4): a replica that lost its record of what it signed is a learner until it knows a term above every one it
 * may have signed in, and has applied an entry of a still higher one. `docs/recovery.md` argues why that is enough.
 */
import { type Context, note, peersOf, send } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import type { Term } from "../../../protocol/ids.ts";
import { entryAt } from "../log/log.ts";
import type { RollCallAnswer } from "../../../protocol/message.ts";
import type { CoreState } from "../state.ts";
import type { RollCallState } from "./catch_up_state.ts";

export const emptyRollCall = (): RollCallState => ({ answers: new Map(), repeatAt: -Infinity });

/** On every tick: calls the roll until enough replicas have answered, and ends the recovery once that is safe. */
export function tickRecovery(context: Context): void {
  const { state, now } = context;
  const { recovery } = state.hard;
  if (recovery === null) return;
  if (recovery.bar !== null && isBeyond(state, recovery.bar)) return endRecovery(context);
  if (now < state.rollCall.repeatAt) return;
  state.rollCall.repeatAt = now + state.config.constants.electionTimeoutMs / 2;
  const unheard = peersOf(state).filter((id) => !state.rollCall.answers.has(id));
  if (unheard.length === 0) return;
  send(context, unheard, {
    kind: "RollCall",
    signed: { kind: "RollCall", replica: state.config.self, nonce: recovery.nonce },
  });
}

/**
 * ⚠ Returns whether an entry of a term above `bar` is committed and applied here: everything committed in terms up to `bar` lies below it,
 * so this replica again holds all it ever vouched for or answered. A certificate of such a term alone may be for a point far below (§5.6).
 */
const isBeyond = ({ log, appliedIndex }: CoreState, bar: Term): boolean =>
  (entryAt(log, appliedIndex)?.entry.term ?? 0) > bar;
/** Returns whether an answer is to this recovery's roll call (§8.4). */
export const isAwaitedAnswer = ({ hard: { recovery }, config }: CoreState, answer: RollCallAnswer): boolean =>
  recovery !== null && answer.asker === config.self && answer.nonce === recovery.nonce &&
  answer.replica !== config.self;

/** Ends the recovery: currentTerm, at least that entry's term, lies above the bar, and nothing was signed in it. */
function endRecovery(context: Context): void {
  const { state } = context;
  const term = state.hard.currentTerm;
  setHardState(context, { recovery: null, vote: null, ack: null, noMoreAcks: false });
  note(context, "warn", "recovered", { term, commitIndex: state.commitIndex });
}
