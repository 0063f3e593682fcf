/** Changes allowed to the small durable record (§4.1, §8.4): terms never go back, and a recovery ends only once it knows its bar. */
import type { HardState, Recovery } from "../core/log/durable_state.ts";
import { demand } from "./demand.ts";

/** Throws {@linkcode StorageError} if `after` must not follow `before`. */
export function assertHardState(before: HardState, after: HardState): void {
  demand(
    after.currentTerm >= before.currentTerm,
    () => `currentTerm ${after.currentTerm} after ${before.currentTerm}`,
  );
  demand(after.preVoted >= before.preVoted, () => `a PreVote of term ${after.preVoted} after ${before.preVoted}`);
  assertRecovery(before.recovery, after.recovery);
}

function assertRecovery(before: Recovery | null, after: Recovery | null): void {
  if (before === null) {
    return demand(after === null, () => `recovery ${after?.nonce} of a disk that was not lost`);
  }
  if (after === null) {
    return demand(before.bar !== null, () => `the end of recovery ${before.nonce}, whose bar is not known`);
  }
  demand(after.nonce === before.nonce, () => `recovery ${after.nonce} instead of ${before.nonce}`);
  demand(
    before.bar === null || after.bar !== null,
    () => `recovery ${before.nonce} without a bar, which was ${before.bar}`,
  );
}
