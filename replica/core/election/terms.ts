/** Moving from term to term (§4.3), and the timers that restart with each (§6.11). */
import type { ElectionProof } from "../../../protocol/certificate.ts";
import { electedBy } from "../../../protocol/certify.ts";
import { type ReplicaId, round, type Term } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import type { Certified } from "../../../protocol/message.ts";
import { changeLeader } from "../clients/interventions.ts";
import { type Context, note } from "../context.ts";
import { setHardState } from "../log/durable.ts";
import type { VoteRecord } from "../log/durable_state.ts";
import { lastIndex } from "../log/log.ts";
import { expectPace } from "../offices/expectation.ts";
import { judgedTime } from "../offices/judged_clock.ts";
import { beginOffice } from "../offices/terms_of_office.ts";
import { drawRandom } from "../random.ts";
import { expectTime } from "../time/log_clock.ts";
import { backedOff } from "./backoff.ts";

/**
 * Enters `term` without a known leader: by a vote or candidacy (then `vote` is durable with it) or by a certificate of a higher term.
 * Whatever this replica's role was in lower terms, it no longer signs for them.
 */
export function raiseTerm(context: Context, term: Term, vote: VoteRecord | null): void {
  const { state } = context;
  const higher = term > state.hard.currentTerm;
  setHardState(context, higher ? { currentTerm: term, vote, ack: null, noMoreAcks: false } : { vote });
  leaveLeader(context);
  if (higher) state.publication.listed = 0 as typeof state.publication.listed;
  restartElectionTimer(context);
  endSuspicion(context);
}

/**
 * Enters the term whose leader `proof` proves, if the proof is valid and says something new (§6.7); returns whether it did. The ack of a
 * term already entered before a restart stays in force.
 */
export function enterByProof(context: Context, proof: ElectionProof): boolean {
  const { state, ports } = context;
  const elected = electedBy(state, ports.hash, proof);
  if (!elected || elected.term < state.hard.currentTerm) return false;
  if (elected.term === state.hard.currentTerm && state.view.leader !== null) {
    assertInvariant(state.view.leader === elected.leader, "I1", `two leaders proved for term ${elected.term}`);
    return false;
  }
  if (elected.leader === state.config.self) return false; // §5.1: a restarted leader does not lead its term again
  if (elected.term > state.hard.currentTerm) raiseTerm(context, elected.term, null);
  installLeader(context, elected.leader, elected.base, proof);
  return true;
}

/** Installs the current term's leader and base, now known. */
export function installLeader(context: Context, leader: ReplicaId, base: Certified, proof: ElectionProof): void {
  const { state } = context;
  leaveLeader(context);
  state.view.leader = leader;
  state.view.base = base;
  state.view.role = leader === state.config.self ? "leader" : "follower";
  state.electionProof = proof;
  state.election.leaderFault = null;
  state.election.candidacy = null;
  dropVoteRequests(context);
  restartElectionTimer(context);
  endSuspicion(context);
  changeLeader(context);
  expectPace(context);
  expectTime(context);
  beginOffice(context, leader);
  state.publication.repeatAt = context.now + state.config.constants.heartbeatMs;
  note(context, "info", "leader", { term: state.hard.currentTerm, leader, base: base.index });
}

function leaveLeader({ state }: Context): void {
  state.view.role = "follower";
  state.view.leader = null;
  state.view.base = null;
  state.view.lastRound = round(0);
  state.view.headers.clear();
  state.view.match = null;
  state.view.handOver = null;
  state.leadership = null;
  state.election.candidacy = null;
}

/** Drops RequestVotes for the current term and below: the leader now known answers them. */
function dropVoteRequests({ state }: Context): void {
  for (const [candidate, { packet }] of state.election.requests) {
    if (packet.signed.message.term <= state.hard.currentTerm) state.election.requests.delete(candidate);
  }
}

/** Restarts the election timer: random in [T, 2T], doubled for each failed election up to the cap (§6.11). */
export function restartElectionTimer({ state, now }: Context): void {
  const drawn = drawRandom(state.randomState);
  state.randomState = drawn.state;
  state.election.timeout = backedOff(state.config.constants, state.election.failures) * (1 + drawn.value);
  state.election.deadline = judgedTime(state, now) + state.election.timeout;
}

/** Ends suspicion: PreVotes heard so far no longer count for a candidacy of this replica (§6.3). */
export function endSuspicion({ state }: Context): void {
  state.election.suspectingSince = null;
  state.election.support.clear();
  state.election.certificates = [];
}

/** §6.1a: commit progress gives the leader a fresh timer and forgives failed elections (§6.11). */
export function noteCommitProgress(context: Context): void {
  const { election } = context.state;
  election.failures = 0;
  restartElectionTimer(context);
}

/** Returns whether the log holds anything uncommitted (§6.1). */
export const hasUncommitted = ({ state }: Context): boolean => lastIndex(state.log) > state.commitIndex;
