/** A granted vote at a candidate (§6.6). */
import type { Vote } from "../../../protocol/message.ts";
import { sameCertified } from "../../../protocol/rank.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Context } from "../context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { becomeLeader } from "./election.ts";
import { placeInTerm } from "./suspicion.ts";
import { watchVotes } from "./voting.ts";

/** §6.6: counts a vote for this replica's candidacy. */
export function onVote(context: Context, vote: Signed<Vote>): Verdict {
  const { state } = context;
  const { term, candidate, voter, base } = vote.message;
  placeInTerm(context, voter, term);
  watchVotes(context, vote);
  const { candidacy } = state.election;
  if (!candidacy || candidate !== state.config.self || term !== state.hard.currentTerm) return ignore("no-candidacy");
  if (!sameCertified(base, candidacy.base)) return reject("vote-for-another-base", voter);
  candidacy.votes.set(voter, vote);
  if (candidacy.votes.size >= state.quorumSizes.quorum) becomeLeader(context, candidacy);
  return ACCEPT;
}
