/** Suspicion of the leader (§6.1), and the PreVotes published during it (§6.3). */
import { nextTerm, type ReplicaId, type Term } from "../../../protocol/ids.ts";
import { kthHighest } from "../../../protocol/quorum.ts";
import { hasExpired } from "../clients/interventions.ts";
import { type Context, note, send } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import { describeDue, paceDue } from "../offices/expectation.ts";
import { judgedTime } from "../offices/judged_clock.ts";
import { entriesOf, isOverdue, presentOffice } from "../offices/terms_of_office.ts";
import type { CoreEvent } from "../output.ts";
import type { CoreState } from "../state.ts";
import { holdsTimeBack } from "../time/log_clock.ts";
import { endSuspicion } from "./terms.ts";

/** Returns the reason for which this replica suspects its leader now, or null if it does not. A leader judges itself likewise. */
export function suspicionReason({ state, now }: Pick<Context, "state" | "now">): string | null {
  const { election, view, hard, quorumSizes } = state;
  if (judgedTime(state, now) >= election.deadline) return view.leader === null ? "no-leader" : "timer";
  if (view.leader !== null) {
    if (view.handOver !== null) return "hand-over";
    if (paceDue(state) !== null) return "pace";
    if (hasExpired(state)) return "patience";
    if (isOverdue(state, now)) return "office";
    if (holdsTimeBack(state)) return "time";
    if (state.evidence.some(({ culprit }) => culprit === view.leader)) return "evidence";
    if (election.leaderFault?.leader === view.leader) return election.leaderFault.code;
  }
  const ahead = [...election.placed.values()].filter((placed) => placed > hard.currentTerm).length;
  return ahead >= quorumSizes.weak ? "left-behind" : null;
}

/** Begins or ends suspicion as its reasons come and go. Suspicion stops nothing: the replica continues to follow (§6.1). */
export function tickSuspicion(context: Context): void {
  const { election, view, hard } = context.state;
  const reason = suspicionReason(context);
  noteWanted(context, reason);
  if (reason === null) {
    if (election.suspectingSince !== null) endSuspicion(context);
    return;
  }
  if (election.suspectingSince !== null) return;
  election.suspectingSince = context.now;
  election.preVoteAt = context.now;
  election.preVoteInterval = context.state.config.constants.heartbeatMs;
  if (electionFailed(context.state, reason)) election.failures = Math.min(election.failures + 1, 30);
  note(context, "info", "suspect", {
    reason,
    term: hard.currentTerm,
    leader: view.leader,
    ...detailsOf(context, reason),
  });
}

/** §14.1: remembers why this replica wants the present office to end; a leader that hands over knows better than its own word. */
function noteWanted({ state }: Context, reason: string | null): void {
  const office = presentOffice(state);
  if (office !== null) office.wantedFor = (reason === "hand-over" && state.leadership?.handing?.reason) || reason;
}

/** Returns what the operator is told of a leader that is too slow, or whose term of office is over. */
function detailsOf({ state, now }: Context, reason: string): CoreEvent["fields"] {
  if (reason === "pace") return describeDue(state);
  const office = presentOffice(state);
  if (reason !== "office" || office === null) return {};
  return { entries: entriesOf(office, state), forMs: Math.round(now - office.since) };
}

/** §6.11: the election of this term brought no leader in time, or one under which nothing was committed in time. */
const electionFailed = ({ hard, requests }: CoreState, reason: string): boolean =>
  reason === "no-leader" ? hard.currentTerm > 0 : reason === "timer" && !requests.progressed;

/** Publishes the PreVote, repeated while suspicion lasts, with a back-off capped at the base election timeout (§6.3). */
export function tickPreVote(context: Context): void {
  const { state, now } = context;
  const { election, config } = state;
  if (election.suspectingSince === null || now < election.preVoteAt || state.hard.recovery !== null) return;
  election.preVoteAt = now + election.preVoteInterval;
  election.preVoteInterval = Math.min(2 * election.preVoteInterval, config.constants.electionTimeoutMs);
  const term = preVoteTerm(context);
  if (term > state.hard.preVoted) setHardState(context, { preVoted: term });
  send(context, "all", {
    kind: "PreVote",
    signed: { kind: "PreVote", term, replica: config.self },
    proof: state.electionProof,
  });
}

/** Returns max(currentTerm + 1, the (f + 1)-th highest PreVote term heard): f replicas alone cannot raise it (§6.3). */
export function preVoteTerm({ state }: Context): Term {
  const heard = kthHighest(state.election.heard.values(), state.quorumSizes.weak) ?? 0;
  return Math.max(nextTerm(state.hard.currentTerm), heard) as Term;
}

/** Records that `replica` signed something that places it in `term` (§6.1d). */
export function placeInTerm({ state }: Context, replica: ReplicaId, term: Term): void {
  if (replica === state.config.self) return;
  if (term > (state.election.placed.get(replica) ?? 0)) state.election.placed.set(replica, term);
}

/** Places the sender of a PreVote for `term` in the term before, no higher. */
export function placeByPreVote(context: Context, replica: ReplicaId, term: Term): void {
  if (term > nextTerm(context.state.hard.currentTerm)) placeInTerm(context, replica, (term - 1) as Term);
}

/** Suspects the leader for its actions, until the leader changes. */
export function blameLeader(context: Context, code: string): void {
  const { view, election } = context.state;
  if (view.leader !== null) election.leaderFault ??= { leader: view.leader, code };
}
