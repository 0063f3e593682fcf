/** An answer to this replica's roll call (§8.4). */
import type { Term } from "../../../protocol/ids.ts";
import type { RollCallAnswer } from "../../../protocol/message.ts";
import { type Context, note } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import { isAwaitedAnswer } from "./recovery.ts";

/**
 * ⚠ Counts an answer. The Q-th lowest term answered is the bar: any Q replicas will do, so those that name absurd terms do no harm as long
 * as Q others answer.
 */
export function onRollCallAnswer(context: Context, answer: RollCallAnswer): Verdict {
  const { state } = context;
  const { hard: { recovery }, rollCall, quorumSizes } = state;
  if (recovery === null || !isAwaitedAnswer(state, answer)) return ignore("not-asked-for");
  const { replica, term } = answer;
  rollCall.answers.set(replica, Math.min(term, rollCall.answers.get(replica) ?? Infinity) as Term);
  const bar = [...rollCall.answers.values()].sort((a, b) => a - b)[quorumSizes.quorum - 1] ?? null;
  if (bar === null || (recovery.bar !== null && bar >= recovery.bar)) return ACCEPT;
  setHardState(context, { recovery: { ...recovery, bar } });
  note(context, "info", "recovery-bar", { term: bar, answers: rollCall.answers.size });
  return ACCEPT;
}
