/** Budgets in bytes, one a replica: bound how much one peer's small requests can make this replica send. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";

export interface Budget {
  /** Bytes left; below zero after an answer larger than what was left, and then nothing goes until it is paid off. */
  left: number;
  at: Millis;
}

/** Whether `replica` has anything left of its budget at `now`. */
export function hasBudget(budgets: Map<ReplicaId, Budget>, replica: ReplicaId, now: Millis): boolean {
  const { repairBurstBytes: burst, repairBytesPerMs: rate } = LIMITS;
  const { left, at } = budgets.get(replica) ?? { left: burst, at: now };
  const refilled = Math.min(burst, left + Math.max(0, now - at) * rate);
  budgets.set(replica, { left: refilled, at: now });
  return refilled > 0;
}

/** Takes what answering `replica` costs: the entries' bytes, and something for the answer itself. */
export function spend(budgets: Map<ReplicaId, Budget>, replica: ReplicaId, bytes: number): void {
  const budget = budgets.get(replica);
  if (budget) budget.left -= bytes + LIMITS.repairAnswerBytes;
}
