/** The part of a status on the pace of the leader (§14.7, §14.8): what waits here, and who has lost how much by it. */
import type { Millis } from "../../protocol/ids.ts";
import { worstLoss } from "../core/offices/expectation.ts";
import { judgedTime } from "../core/offices/judged_clock.ts";
import type { CoreState } from "../core/state.ts";

export interface PaceStatus {
  /** The pace in force: half of it is what a shown request may wait; 0 where the roster names none. */
  readonly paceMs: Millis;
  /** Requests that clients showed to this replica and that are not executed, and the time that the oldest has waited for the leader. */
  readonly shown: number;
  readonly oldestShownMs: Millis;
  /** The client that has lost most under this leader; null if nobody has. */
  readonly worst: { readonly client: string; readonly lostMs: Millis } | null;
  /** Leaders that were too slow at this pace. */
  readonly tooSlow: readonly string[];
}

export function paceStatus(state: CoreState, now: Millis): { readonly pace: PaceStatus } {
  const { pace, offices } = state;
  const judged = judgedTime(state, now);
  const waited = [...pace.shown.values()].map(({ since, committed }) =>
    since === null || committed ? 0 : judged - since
  );
  const worst = worstLoss(pace);
  return {
    pace: {
      paceMs: Math.round(pace.inForceMs),
      shown: pace.shown.size,
      oldestShownMs: Math.round(Math.max(0, ...waited)),
      worst: worst && { client: worst.client, lostMs: Math.round(worst.loss.lostMs) },
      tooSlow: [...offices.tooSlow],
    },
  };
}
