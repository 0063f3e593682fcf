/** The time at which the core next needs a tick, so that an idle replica can sleep until then. */
import type { Millis } from "../../protocol/ids.ts";
import { suspicionReason } from "./election/suspicion.ts";
import { lastIndex } from "./log/log.ts";
import { wallTimeOf } from "./offices/judged_clock.ts";
import { wantsRepeat } from "./replication/acks.ts";
import { heartbeatDue } from "./replication/replication.ts";
import { returnDue } from "./replication/returning.ts";
import type { CoreState } from "./state.ts";
import { statementDue } from "./time/log_clock.ts";

/** Interval at which timers are checked while anything is going on, in milliseconds. */
export const BUSY_TICK_MS: Millis = 10;

/** Returns the earliest time at which a tick or flush could do something; at most half an election timeout from now. */
export function nextDeadline(state: CoreState, now: Millis): Millis {
  const { election, leadership, publication, config } = state;
  const returning = leadership ? returnDue(state, leadership, now) : Infinity;
  if (isBusy(state) || suspicionReason({ state, now }) !== null) return Math.min(now + BUSY_TICK_MS, returning);
  return Math.min(
    returning,
    wallTimeOf(state, election.deadline),
    Math.max(statementDue(state), now),
    leadership ? heartbeatDue(state, leadership) : Infinity,
    wantsRepeat(state) ? Math.max(publication.repeatAt, now) : Infinity,
    now + config.constants.electionTimeoutMs / 2,
  );
}

/** Returns whether any short-lived timer runs: an election, a catch-up, an intervention, or an uncommitted entry. */
function isBusy(
  { election, catchUp, requests, log, commitIndex, transfer, leadership, offices, pace }: CoreState,
): boolean {
  return election.suspectingSince !== null || election.candidacy !== null || election.requests.size > 0 ||
    transfer !== null || catchUp.active !== null || catchUp.behindSince !== null || catchUp.wanted !== null ||
    lastIndex(log) > commitIndex || leadership?.handing != null || offices.leaving !== null ||
    requests.interventions.size > 0 || pace.shown.size > 0;
}
