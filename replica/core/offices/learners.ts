/** Learners that wait for a term above their bar (§8.4): a leader brings one about by handing over (§14.5). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { CoreState } from "../state.ts";
import { presentOffice } from "./terms_of_office.ts";

/** Takes note of a roll call that was answered. */
export function noteRollCall({ offices: { rollCalls } }: CoreState, asker: ReplicaId, now: Millis): void {
  if (!rollCalls.has(asker)) rollCalls.set(asker, now);
}

/** Takes note of a response: whoever signs one is no learner, or no longer. */
export const noteMember = ({ offices: { rollCalls } }: CoreState, replica: ReplicaId): void =>
  void rollCalls.delete(replica);

/**
 * Returns the learner for which this leader is to hand over, or null. Whatever nonces one draws, it costs a leader one office in a long time; and
 * no office that has not lasted.
 */
export function waitingLearner(state: CoreState, now: Millis): ReplicaId | null {
  const { offices: { rollCalls, learnersServed }, config: { constants } } = state;
  const { electionTimeoutMs, electionTimeoutCapMs } = constants;
  const office = presentOffice(state);
  if (office === null || now < office.since + electionTimeoutCapMs) return null;
  const mayServe = (asker: ReplicaId): boolean =>
    now >= (learnersServed.get(asker) ?? -Infinity) + LIMITS.learnerHandOverCaps * electionTimeoutCapMs;
  return [...rollCalls].find(([asker, at]) => now >= at + electionTimeoutMs && mayServe(asker))?.[0] ?? null;
}

/** Records that this leader hands over for `asker`, or gave that up: not again for long. */
export function noteLearnerServed(
  { offices: { rollCalls, learnersServed } }: CoreState,
  asker: ReplicaId,
  now: Millis,
): void {
  learnersServed.set(asker, now);
  rollCalls.delete(asker);
}
