/** Voters and votes (§6.2, §6.5, §6.6). */
import type { RequestVote, Vote, VoteDeferred, VoteRefusal } from "../../../protocol/message.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { certified, compareRank, sameCertified } from "../../../protocol/rank.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { accuse } from "../accuse.ts";
import { type Context, note, send } from "../context.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";
import { certifiedSince, turnAt } from "./election.ts";
import { raiseTerm } from "./terms.ts";

/**
 * Returns the verdict on a request whose term takes no further vote: it is below the current one, or has a leader or this replica's vote
 * (§6.5).
 */
export function closedTerm(context: Context, request: RequestVote): Verdict | null {
  const { state } = context;
  const { hard, view } = state;
  if (request.term < hard.currentTerm) return ignore("stale-term");
  if (request.term > hard.currentTerm) return null;
  if (view.leader !== null) return ignore("term-has-leader");
  if (hard.vote === null) return null;
  if (hard.vote.candidate !== request.candidate || !sameCertified(hard.vote.base, request.base)) {
    return ignore("already-voted");
  }
  sendVote(context, request); // asked again, it re-sends those very bytes
  return ACCEPT;
}

/** Keeps one request for each candidate: the newest by term. A repetition keeps the time of the first. */
export function keepRequest(context: Context, packet: PacketOf<"RequestVote">): void {
  const { state, now } = context;
  const { candidate, term } = packet.signed.message;
  const known = state.election.requests.get(candidate);
  if (known && known.packet.signed.message.term > term) return;
  const repeated = known?.packet.signed.message.term === term;
  const since = repeated ? known.certificateSince : certifiedSince(state, term) ?? now;
  state.election.requests.set(candidate, { packet, certificateSince: since });
  if (state.election.suspectingSince === null) defer(context, packet.signed);
}

/** §6.2: a voter that does not suspect its leader says so; the real answer follows if it comes to suspect it (ReSendVoteReply). */
function defer(context: Context, { message }: Signed<RequestVote>): void {
  const answer: VoteDeferred = {
    kind: "VoteDeferred",
    term: message.term,
    candidate: message.candidate,
    voter: context.state.config.self,
  };
  send(context, [message.candidate], { kind: "VoteDeferred", signed: answer });
}

/** Answers the requests whose turn has come, while this replica suspects (§6.2, §6.10). */
export function tickVoteRequests(context: Context): void {
  const { state, now } = context;
  if (state.election.suspectingSince === null || state.hard.recovery !== null) return;
  const due = [...state.election.requests.values()]
    .map((pending) => ({ pending, at: answerAt(context, pending.packet, pending.certificateSince) }))
    .filter(({ at }) => now >= at).sort((a, b) => a.at - b.at);
  for (const { pending: { packet } } of due) {
    if (state.election.suspectingSince === null) return; // it has voted meanwhile
    answer(context, packet);
  }
}

/** Returns the candidate's turn; PreVotes this replica heard itself count as much as those that came with the request. */
function answerAt({ state }: Context, { signed: { message } }: PacketOf<"RequestVote">, since: number): number {
  const heard = certifiedSince(state, message.term) ?? since;
  return turnAt(state, message, Math.min(since, heard));
}

/** §6.5: grants, or refuses because its own rank is higher. */
function answer(context: Context, packet: PacketOf<"RequestVote">): void {
  const { state } = context;
  const request = packet.signed.message;
  state.election.requests.delete(request.candidate);
  const open = request.term > state.hard.currentTerm ||
    (request.term === state.hard.currentTerm && state.view.leader === null && state.hard.vote === null);
  if (!open) return;
  if (compareRank(request.base, state.prepared) < 0) return refuse(context, request);
  const base = certified(request.base);
  raiseTerm(context, request.term, { candidate: request.candidate, base });
  note(context, "info", "vote", { term: request.term, candidate: request.candidate, base: base.index });
  sendVote(context, request);
}

function sendVote({ state, ...context }: Context, { term, candidate, base }: RequestVote): void {
  send({ state, ...context }, [candidate], {
    kind: "Vote",
    signed: { kind: "Vote", term, candidate, voter: state.config.self, granted: true, base: certified(base) },
  });
}

/** Refuses a vote, showing the higher certificate. A refusal is another message kind and can never count as a vote (§6.5). */
function refuse(context: Context, { term, candidate }: RequestVote): void {
  const { state } = context;
  note(context, "info", "refuse", { term, candidate, rank: `${state.prepared.term}/${state.prepared.index}` });
  send(context, [candidate], {
    kind: "VoteRefusal",
    signed: { kind: "VoteRefusal", term, candidate, voter: state.config.self },
    certificate: state.prepared,
  });
}

/** Accuses a voter of two votes in a term that name different candidates or bases (§9.1). */
export function watchVotes(context: Context, vote: Signed<Vote>): void {
  const { votesSeen } = context.state;
  const { term, candidate, voter, base } = vote.message;
  const known = votesSeen.get(voter);
  if (known && known.message.term === term) {
    const same = known.message.candidate === candidate && sameCertified(known.message.base, base);
    if (!same) accuse(context, { kind: "double-vote", culprit: voter, first: known, second: vote });
  }
  if (!known || term > known.message.term) votesSeen.set(voter, vote);
}

/** Returns whether a refusal is for this replica's present candidacy; to others it means nothing (§6.5). */
export const concernsCandidacy = (
  { election, config, hard }: CoreState,
  { candidate, term }: VoteRefusal | VoteDeferred,
): boolean => election.candidacy !== null && candidate === config.self && term === hard.currentTerm;
