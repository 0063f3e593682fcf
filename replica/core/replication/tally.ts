/** Counting published responses into prepare certificates (§5.5) and commits (§5.6). */
import type { CommitCertificate } from "../../../protocol/certificate.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { LogIndex, Term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { type Context, note } from "../context.ts";
import { noteCommitProgress, raiseTerm } from "../election/terms.ts";
import { keepForCheckpoints } from "../log/commit_certificate.ts";
import { raiseRank, setCommit } from "../log/durable.ts";
import { contains, hashAt, lastIndex, slice } from "../log/log.ts";
import { noteCommitted } from "../offices/shown.ts";
import { restartBehind } from "./commit_claims.ts";
import { type Ack, acksFor, pruneAcks, reportsOf } from "./response_book.ts";

/**
 * Checks whether any of `heads`, acked in `term`, has a quorum now, highest first. A certificate of a higher term raises currentTerm, then
 * with no leader known (§4.3); one whose entries are on the log raises the rank.
 */
export function countAcks(context: Context, term: Term, heads: readonly Head[]): void {
  const { state } = context;
  for (const head of [...heads].reverse()) {
    const acks = acksFor(state.responses, term, head);
    if (acks.length < state.quorumSizes.quorum) continue;
    if (term > state.hard.currentTerm) raiseTerm(context, term, null);
    if (!contains(state.log, head)) continue; // a lower one may be on the log
    const responses = acks.slice(0, state.quorumSizes.quorum).map((ack) => ack.response);
    raiseRank(context, { kind: "prepare", term, index: head.index, hash: head.hash, responses });
    return;
  }
}

/**
 * Commits the highest point on this replica's own chain at or above which Q different replicas reported a certificate of the one term
 * `term` (§5.6). Reports of other terms, and reports whose response term differs, never count.
 */
export function countReports(context: Context, term: Term): void {
  const { state } = context;
  const onChain = reportsOf(state.responses, term).filter((report) => contains(state.log, report))
    .sort((a, b) => b.index - a.index);
  const quorum = highestQuorum(onChain, state.quorumSizes.quorum);
  if (quorum === null || quorum.at(-1)!.index <= state.commitIndex) return;
  advanceCommit(context, commitCertificate(context, term, quorum.at(-1)!.index, quorum));
}

/** The `size` highest of `descending` that the links of one certificate span: a report far above the others must not hold them up (§5.6). */
function highestQuorum(descending: readonly Ack[], size: number): readonly Ack[] | null {
  for (let at = 0; at + size <= descending.length; at++) {
    const quorum = descending.slice(at, at + size);
    if (quorum[0]!.index - quorum.at(-1)!.index <= LIMITS.maxLinks) return quorum;
  }
  return null;
}

function commitCertificate(
  { state: { log } }: Context,
  term: Term,
  index: LogIndex,
  quorum: readonly Ack[],
): CommitCertificate {
  const links = slice(log, index, quorum[0]!.index);
  return {
    kind: "commit",
    term,
    index,
    hash: hashAt(log, index)!,
    links: links.map(({ entry, digest }) => ({ term: entry.term, digest })),
    responses: quorum.map((report) => report.response),
  };
}

/** Commits up to a commit certificate's index, which must be on the log; it counts as a prepare certificate too (§5.6). */
export function advanceCommit(context: Context, certificate: CommitCertificate): void {
  const { state } = context;
  if (certificate.term > state.hard.currentTerm) raiseTerm(context, certificate.term, null);
  raiseRank(context, certificate);
  const before = state.commitIndex;
  keepForCheckpoints(state, before, certificate);
  setCommit(context, certificate.index, certificate);
  noteCommitted(state, before);
  state.requests.progressed = true;
  restartBehind(context);
  pruneAcks(state.responses, state.commitIndex);
  for (const index of state.view.headers.keys()) {
    if (index < state.commitIndex - LIMITS.maxAppendEntries) state.view.headers.delete(index);
  }
  noteCommitProgress(context);
  note(context, "debug", "committed", { index: state.commitIndex, term: certificate.term });
}

/** Counts again after the log grew or changed from index `from` on: points acked or reported before may lie on it now. */
export function recount(context: Context, from: LogIndex): void {
  const { state } = context;
  const terms = new Set<Term>();
  for (const records of state.responses.records.values()) for (const term of records.keys()) terms.add(term);
  for (const term of [...terms].sort((a, b) => a - b)) {
    countAcks(context, term, certifiableHeads(context, term, from));
    countReports(context, term);
  }
}

/** Returns the points of this log from index `from` on that any replica acked in `term`, ascending. */
function certifiableHeads({ state }: Context, term: Term, from: LogIndex): Head[] {
  const indexes = new Set<LogIndex>();
  const last = lastIndex(state.log);
  for (const records of state.responses.records.values()) {
    for (const index of records.get(term)?.acks.keys() ?? []) if (index >= from && index <= last) indexes.add(index);
  }
  const heads: Head[] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const hash = hashAt(state.log, index);
    if (hash !== undefined) heads.push({ index, hash });
  }
  return heads;
}
