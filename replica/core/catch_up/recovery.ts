/**
 * Coming back without a disk (§8.4): a replica that lost what it signed is a learner until it knows a term above every one it may have
 * signed in, and has applied an entry of a higher one still. `docs/recovery.md` argues why that is enough.
 */
import { forgetClaim } from "../replication/commit_claims.ts";
import { type Context, note, peersOf, send } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import type { Term } from "../../../protocol/ids.ts";
import { entryAt } from "../log/log.ts";
import type { RollCall, RollCallAnswer } from "../../../protocol/message.ts";
import { hasBudget, spend } from "../replication/pace.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import type { RollCallState } from "./catch_up_state.ts";

export const noRollCall = (): RollCallState => ({ answers: new Map(), repeatAt: -Infinity });

/** On every tick: calls the roll until enough have answered, and ends the recovery once this replica can be sure. */
export function tendRecovery(context: Context): void {
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
 * ⚠ Whether an entry of a term above `bar` is committed and applied here: all that was committed in terms up to `bar` lies below it, so that this
 * replica holds again whatever it ever vouched for or answered. A certificate of such a term alone may speak of a point far below (§5.6).
 */
const isBeyond = ({ log, appliedIndex }: CoreState, bar: Term): boolean =>
  (entryAt(log, appliedIndex)?.entry.term ?? 0) > bar;

/** Tells a replica that lost its disk in which terms it may have signed, as far as this one can have had a part in that. */
export function onRollCall(context: Context, { replica, nonce }: RollCall): Verdict {
  const { state, now } = context;
  const { hard, config, catchUp } = state;
  if (replica === config.self) return ignore("own-roll-call");
  forgetClaim(context, replica);
  if (hard.recovery !== null) return ignore("recovering-myself");
  if (!hasBudget(catchUp.served, replica, now)) return ignore("asked-too-often");
  spend(catchUp.served, replica, 0);
  const term = Math.max(hard.currentTerm, hard.preVoted) as Term;
  send(context, [replica], {
    kind: "RollCallAnswer",
    signed: { kind: "RollCallAnswer", replica: config.self, asker: replica, nonce, term },
  });
  return ACCEPT;
}

/**
 * ⚠ Counts an answer. The Q-th lowest term answered is the bar: any Q replicas will do, so those that name absurd terms do no harm as long
 * as Q others answer.
 */
export function onRollCallAnswer(context: Context, answer: RollCallAnswer): Verdict {
  const { state } = context;
  const { hard: { recovery }, rollCall, sizes } = state;
  if (recovery === null || !isAwaitedAnswer(state, answer)) return ignore("not-asked-for");
  const { replica, term } = answer;
  rollCall.answers.set(replica, Math.min(term, rollCall.answers.get(replica) ?? Infinity) as Term);
  const bar = [...rollCall.answers.values()].sort((a, b) => a - b)[sizes.quorum - 1] ?? null;
  if (bar === null || (recovery.bar !== null && bar >= recovery.bar)) return ACCEPT;
  setHardState(context, { recovery: { ...recovery, bar } });
  note(context, "info", "recovery-bar", { term: bar, answers: rollCall.answers.size });
  return ACCEPT;
}

/** Whether an answer is to this recovery's roll call (§8.4). */
export const isAwaitedAnswer = ({ hard: { recovery }, config }: CoreState, answer: RollCallAnswer): boolean =>
  recovery !== null && answer.asker === config.self && answer.nonce === recovery.nonce &&
  answer.replica !== config.self;

/** currentTerm lies above the bar with that entry's, and nothing was signed in it. */
function endRecovery(context: Context): void {
  const { state } = context;
  const term = state.hard.currentTerm;
  setHardState(context, { recovery: null, vote: null, ack: null, noMoreAcks: false });
  note(context, "warn", "recovered", { term, commitIndex: state.commitIndex });
}
