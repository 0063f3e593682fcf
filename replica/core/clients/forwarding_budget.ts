/** Pace at which this replica passes requests on to its leader (§7.5): below what that takes of one, so that no client can make it a flooder. */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";

/** A share of that pace. */
export interface ForwardingBudget {
  readonly share: number;
  /** Requests that may be passed on as of `at`. */
  left: number;
  at: Millis;
}

/** Returns a budget of which nothing is used. */
export const fullBudget = (share: number, now: Millis): ForwardingBudget => ({
  share,
  left: share * LIMITS.forwardBurst,
  at: now,
});

/** Takes one request from the budget; returns false if it is used up. */
export function mayPassOn(budget: ForwardingBudget, now: Millis): boolean {
  const refill = budget.share * Math.max(0, now - budget.at) * LIMITS.forwardsPerSecond / 1000;
  budget.left = Math.min(budget.share * LIMITS.forwardBurst, budget.left + refill);
  budget.at = now;
  if (budget.left < 1) return false;
  budget.left--;
  return true;
}
