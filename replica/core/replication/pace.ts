/** Budgets in bytes, one for each replica: they bound how much one peer's small requests can make this replica send. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";

export interface Budget {
  /** Bytes left; negative after an answer larger than the rest, and then nothing is sent until the debt is paid off. */
  left: number;
  at: Millis;
}

/** Returns whether `replica` has anything left of its budget at `now`. */
export function hasBudget(budgets: Map<ReplicaId, Budget>, replica: ReplicaId, now: Millis): boolean {
  const { repairBurstBytes: burst, repairBytesPerMs: rate } = LIMITS;
  const { left, at } = budgets.get(replica) ?? { left: burst, at: now };
  const refilled = Math.min(burst, left + Math.max(0, now - at) * rate);
  budgets.set(replica, { left: refilled, at: now });
  return refilled > 0;
}

/** Charges the cost of answering `replica`: the entries' bytes, and a fixed amount for the answer itself. */
export function spend(budgets: Map<ReplicaId, Budget>, replica: ReplicaId, bytes: number): void {
  const budget = budgets.get(replica);
  if (budget) budget.left -= bytes + LIMITS.repairAnswerBytes;
}
