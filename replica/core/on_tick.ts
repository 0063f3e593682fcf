/** Time has passed: whatever is due by now. */
import type { Context } from "./context.ts";
import { ACCEPT, type Verdict } from "./verdict.ts";
import { tendInterventions } from "./clients/interventions.ts";
import { publishPreVote, updateSuspicion } from "./election/suspicion.ts";
import { answerRequests } from "./election/voting.ts";
import { campaignWhenDue, requestVotes } from "./election/election.ts";
import { tendCatchUp } from "./catch_up/catch_up.ts";
import { tendTransfer } from "./catch_up/state_transfer.ts";
import { tendCheckpoints } from "./checkpoints/checkpoints.ts";
import { tendRecovery } from "./catch_up/recovery.ts";

export function onTick(context: Context): Verdict {
  const { state } = context;
  tendInterventions(context);
  updateSuspicion(context);
  publishPreVote(context);
  answerRequests(context);
  campaignWhenDue(context);
  if (state.election.candidacy) requestVotes(context, state.election.candidacy);
  tendCatchUp(context);
  tendTransfer(context);
  tendCheckpoints(context);
  tendRecovery(context);
  return ACCEPT;
}
