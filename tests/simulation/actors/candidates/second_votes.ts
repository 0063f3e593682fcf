/** Requests a second vote in one term: for a lower base, or for another of the colluders (§6.5). */
import type { Certificate } from "../../../../protocol/certificate.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { honestVotes, preVotesFor, requestVotes } from "../shadow/shadow_campaign.ts";
import type { Claim, Situation } from "../shadow/shadow_situation.ts";

const chosen = new WeakMap<Claim, Certificate | null>();

/** Returns the lower base of the second round of `claim`, always the same one; null if there is none. */
export function lowerOf(situation: Situation, claim: Claim): Certificate | null {
  const known = chosen.get(claim);
  if (known !== undefined) return known;
  const [first] = claim.asked.values();
  const lower = !first || first.term === 0 ? null : situation.lowerThan(first)[0]!;
  chosen.set(claim, lower);
  return lower;
}

/** Asks `voters`, which have voted for `claim`, for a vote on a lower base, and one for another candidate. */
export function askForAnother(situation: Situation, claim: Claim, voters: readonly ReplicaId[]): void {
  const { term, candidate, asked } = claim;
  const lower = lowerOf(situation, claim);
  if (lower === null || voters.length === 0) return;
  const preVotes = preVotesFor(situation, term);
  const given = honestVotes(situation, term, candidate, lower).map(({ message }) => message.voter);
  const missing = voters.filter((id) => !given.includes(id));
  if (missing.length > 0) requestVotes(situation, missing, { term, candidate, certificate: lower, preVotes });
  const rival = situation.colluders.members.find((member) => member !== candidate);
  const [certificate] = asked.values();
  if (rival && certificate) requestVotes(situation, voters, { term, candidate: rival, certificate, preVotes });
}
