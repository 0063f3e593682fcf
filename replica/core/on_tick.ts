/** The passing of time: handles everything that is due by now. */
import type { Millis } from "../../protocol/ids.ts";
import { tickCatchUp } from "./catch_up/catch_up.ts";
import { tickRecovery } from "./catch_up/recovery.ts";
import { tickTransfer } from "./catch_up/state_transfer.ts";
import { tickCheckpoints } from "./checkpoints/checkpoints.ts";
import { tickInterventions } from "./clients/interventions.ts";
import type { Context } from "./context.ts";
import { requestVotes, tickCandidacy } from "./election/election.ts";
import { tickPreVote, tickSuspicion } from "./election/suspicion.ts";
import { tickVoteRequests } from "./election/voting.ts";
import { tickPace } from "./offices/expectation.ts";
import { takeLateness } from "./offices/judged_clock.ts";
import { tickShown } from "./offices/shown.ts";
import { tickOffice } from "./offices/terms_of_office.ts";
import { tickTime } from "./time/log_clock.ts";
import { ACCEPT, type Verdict } from "./verdict.ts";

export function onTick(context: Context, lateMs: Millis): Verdict {
  const { state } = context;
  takeLateness(context, lateMs);
  tickInterventions(context);
  tickShown(context);
  tickPace(context);
  tickOffice(context);
  tickTime(context);
  tickSuspicion(context);
  tickPreVote(context);
  tickVoteRequests(context);
  tickCandidacy(context);
  if (state.election.candidacy) requestVotes(context, state.election.candidacy);
  tickCatchUp(context);
  tickTransfer(context);
  tickCheckpoints(context);
  tickRecovery(context);
  return ACCEPT;
}
