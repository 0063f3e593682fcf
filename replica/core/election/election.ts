/** PreVotes, candidacies and their turns (§6.3, §6.4, §6.6, §6.10). */
import { type Millis, offset, type Term } from "../../../protocol/ids.ts";
import { assertInvariant } from "../../../protocol/invariant.ts";
import type { PreVote, RequestVote } from "../../../protocol/message.ts";
import { kthHighest } from "../../../protocol/quorum.ts";
import { certified } from "../../../protocol/rank.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { markLogProposed } from "../clients/request_pool.ts";
import { type Context, note, peersOf, send } from "../context.ts";
import { holdsState } from "../epochs/holds_state.ts";
import { append, truncate } from "../log/durable.ts";
import { contains, lastIndex } from "../log/log.ts";
import { firstInTurn } from "../offices/on_hand_over.ts";
import { beginLeading } from "../replication/replication.ts";
import { recount } from "../replication/tally.ts";
import type { CoreState } from "../state.ts";
import { dropTail } from "./drop_tail.ts";
import type { Candidacy } from "./election_state.ts";
import { placeByPreVote } from "./suspicion.ts";
import { installLeader, raiseTerm } from "./terms.ts";

/** Counts a PreVote heard in any message: for the term to publish always, for a candidacy only during suspicion (§6.3). */
export function hearPreVote(context: Context, preVote: Signed<PreVote>): void {
  const { election } = context.state;
  const { replica, term } = preVote.message;
  placeByPreVote(context, replica, term);
  if (term > (election.heard.get(replica) ?? 0)) election.heard.set(replica, term);
  if (election.suspectingSince === null) return;
  const known = election.support.get(replica);
  if (known && known.message.term >= term) return;
  election.support.set(replica, preVote);
  if (!known && replica !== context.state.config.self) repeatSoon(context);
  noteCertificate(context);
}

/** Repeats this replica's PreVote at once: a replica that has only begun to suspect counts no PreVote it heard earlier (§6.3). */
function repeatSoon({ state: { election, config }, now }: Context): void {
  election.preVoteAt = Math.min(election.preVoteAt, now);
  election.preVoteInterval = config.constants.heartbeatMs;
}

/** §6.3: a PreVote for t′ supports every t ≤ t′, so the Q-th highest term heard is certified, and all below it. */
function noteCertificate({ state: { election, quorumSizes }, now }: Context): void {
  const term = kthHighest([...election.support.values()].map((p) => p.message.term), quorumSizes.quorum);
  if (term !== null && term > (election.certificates.at(-1)?.term ?? 0)) {
    election.certificates.push({ term, since: now });
  }
}

/** Returns the time since which this replica holds a PreVote certificate for `term`, from PreVotes it heard itself; null if it does not. */
export const certifiedSince = ({ election }: CoreState, term: Term): Millis | null =>
  election.certificates.find((held) => held.term >= term)?.since ?? null;

/**
 * Returns the time of `candidate`'s turn in `term` at this replica (§6.10): k slots after it holds the certificate *and* suspects,
 * slot = election timeout / 2n, k = (candidate − first) mod n; first is the term, or after a HandOver its successor (§14.3).
 */
export function turnAt(
  state: CoreState,
  { candidate, term, base }: Pick<RequestVote, "candidate" | "term" | "base">,
  since: Millis,
): Millis {
  const { config, quorumSizes, election } = state;
  const successor = firstInTurn(state, candidate, base);
  const first = successor === null ? term : config.replicas.indexOf(successor);
  const k = (((config.replicas.indexOf(candidate) - first) % quorumSizes.n) + quorumSizes.n) % quorumSizes.n;
  const begin = Math.max(since, election.suspectingSince ?? Infinity);
  return begin + k * (election.timeout / (2 * quorumSizes.n));
}

/** §6.4: becomes candidate in the highest certified term once its turn has come. */
export function tickCandidacy(context: Context): void {
  const { state, now } = context;
  const held = state.election.certificates.at(-1);
  if (state.hard.recovery !== null) return;
  if (state.election.suspectingSince === null || !held || held.term <= state.hard.currentTerm) return;
  if (!holdsState(state) || steppedBack(context)) return; // who leads goes on from the state (§13.7)
  const request = { candidate: state.config.self, term: held.term, base: state.prepared };
  if (now < turnAt(state, request, held.since)) return;
  const preVotes = [...state.election.support.values()].filter(({ message }) => message.term >= held.term)
    .slice(0, state.quorumSizes.quorum);
  startCandidacy(context, held.term, preVotes);
}

/** §14.3g: who handed over does not stand before another leads, for a while, and who is about to stop not at all. */
const steppedBack = ({ state: { offices, config }, now }: Context): boolean =>
  offices.leaving !== null || now < offices.handedOverAt + 2 * config.constants.electionTimeoutMs;

/**
 * Becomes candidate. Term and self-vote with the frozen base are durable before the request leaves; the log moves to the base (§6.4, §6.8).
 */
function startCandidacy(context: Context, term: Term, preVotes: readonly Signed<PreVote>[]): void {
  const { state } = context;
  const certificate = state.prepared; // frozen: entries of the branch may bring a certificate that outranks it
  const base = certified(certificate);
  raiseTerm(context, term, { candidate: state.config.self, base });
  adoptBranch(context);
  if (state.hard.currentTerm !== term) return; // a commit of a higher term was on the branch (§4.3)
  state.view.role = "candidate";
  state.election.candidacy = {
    base,
    certificate,
    preVotes,
    votes: new Map(),
    repeatAt: context.now,
  };
  note(context, "info", "candidate", { term, base: base.index });
  const candidate = state.config.self;
  send(context, [candidate], {
    kind: "Vote",
    signed: { kind: "Vote", term, candidate, voter: candidate, granted: true, base },
  });
}

/** Moves the log to the branch under the highest certificate, if it is not on it (§6.8). */
function adoptBranch(context: Context): void {
  const { state } = context;
  if (state.prepared.index <= state.commitIndex || contains(state.log, state.prepared)) return;
  const branch = [...state.branch];
  const first = branch[0]?.entry.index;
  assertInvariant(first !== undefined, "internal", "the entries under the highest certificate are missing");
  truncate(context, offset(first, -1));
  append(context, branch);
  assertInvariant(contains(state.log, state.prepared), "internal", "the prepared branch does not attach to the log");
  recount(context, first);
}

/** Requests votes, repeatedly until elected or given up: messages may be lost (§1.2). */
export function requestVotes(context: Context, candidacy: Candidacy): void {
  const { state, now } = context;
  if (now < candidacy.repeatAt) return;
  candidacy.repeatAt = now + 2 * state.config.constants.heartbeatMs;
  const { currentTerm: term } = state.hard;
  send(context, peersOf(state), {
    kind: "RequestVote",
    signed: { kind: "RequestVote", term, candidate: state.config.self, base: candidacy.base },
    certificate: candidacy.certificate,
    preVotes: candidacy.preVotes,
  });
}

/** §6.6: elected by Q votes that all name this term, candidate and base; leads from the *voted* base (§6.4). */
export function becomeLeader(context: Context, candidacy: Candidacy): void {
  const { state } = context;
  const votes = [...candidacy.votes.values()].slice(0, state.quorumSizes.quorum);
  installLeader(context, state.config.self, candidacy.base, { base: candidacy.certificate, votes });
  assertInvariant(
    candidacy.base.index <= state.commitIndex || contains(state.log, candidacy.base),
    "internal",
    `elected for base ${candidacy.base.index}, which is not on a log of ${lastIndex(state.log)}`,
  );
  dropTail(context, candidacy.base.index);
  markLogProposed(state, context.ports.hash);
  beginLeading(context);
}
