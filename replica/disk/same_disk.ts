/** Check that a disk that comes back is the same one: everything signed rests on all that it held (§1.3, §4.1). */
import { compareRank } from "../../protocol/rank.ts";
import type { HardState, Recovered } from "../core/log/durable_state.ts";
import { damaged } from "../storage/damage.ts";
import { epochOf } from "../storage/epoch.ts";
import type { DurableMark } from "./durable_mark.ts";

/** Throws StorageError unless `recovered` has everything that `mark` knows to be durable. */
export function assertSameDisk(mark: DurableMark, recovered: Recovered): void {
  const { hardState, prepared, commitIndex } = recovered;
  const { hard } = mark;
  if (hasCrossed(mark, recovered)) return;
  demand(hardState.currentTerm >= hard.currentTerm, `term ${hardState.currentTerm}`, `term ${hard.currentTerm}`);
  if (hardState.currentTerm === hard.currentTerm) assertSameTerm(hard, hardState);
  demand(hardState.preVoted >= hard.preVoted, `a PreVote of ${hardState.preVoted}`, `one of ${hard.preVoted}`);
  assertSameRecovery(hard, hardState);
  demand(commitIndex >= mark.commitIndex, `commit index ${commitIndex}`, `commit index ${mark.commitIndex}`);
  const above = prepared === null ? mark.prepared.term === 0 : compareRank(prepared, mark.prepared) >= 0;
  demand(above, "a lower certificate", `rank (${mark.prepared.term}, ${mark.prepared.index})`);
}

/**
 * Returns whether the disk is in the epoch that this replica was crossing to as it refused: then nothing of before is left on it (§13.7). Throws unless it is
 * in that one or the same.
 */
function hasCrossed({ epoch, crossing }: DurableMark, recovered: Recovered): boolean {
  const found = epochOf(recovered);
  if (found === epoch) return false;
  const wanted = crossing === null ? `epoch ${epoch}` : `epoch ${epoch} or the beginning of epoch ${crossing.epoch}`;
  const isThat = found > epoch && crossing !== null && recovered.genesis?.hash === crossing.hash;
  demand(isThat, `epoch ${found}`, wanted);
  return true;
}

function assertSameTerm(before: HardState, after: HardState): void {
  const candidate = before.vote?.candidate ?? null;
  const voted = after.vote?.candidate ?? null;
  demand(candidate === null || candidate === voted, `vote ${voted}`, `vote ${candidate}`);
  demand((after.ack?.index ?? 0) >= (before.ack?.index ?? 0), "a lower ack", `an ack of ${before.ack?.index}`);
}

/** Throws unless the recovery is the same or has ended; it never begins while the disk is away. */
function assertSameRecovery(before: HardState, after: HardState): void {
  if (after.recovery === null) return;
  const nonce = before.recovery?.nonce ?? null;
  demand(after.recovery.nonce === nonce, `recovery ${after.recovery.nonce}`, nonce === null ? "none" : nonce);
}

function demand(holds: boolean, found: string, wanted: string): void {
  if (!holds) {
    throw damaged(`The disk that came back holds ${found}, wanted at least ${wanted}, which it held before it refused`);
  }
}
