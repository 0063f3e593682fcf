/** Acknowledging (§5.3, §5.4): the acks of this replica in the current term, and the response that publishes them. */
import { trustsReplicas } from "../../../protocol/config.ts";
import type { Head } from "../../../protocol/entry.ts";
import { type LogIndex, logIndex, offset } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { certified } from "../../../protocol/rank.ts";
import { type Context, send } from "../context.ts";
import { raiseRank, setAck } from "../log/durable.ts";
import { contains, headAt, lastIndex } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { windowEnd } from "./window.ts";

/** §5.3: returns whether the log contains the term's base; one at or below the commit index counts as contained. */
export function containsBase({ view, log, commitIndex }: CoreState): boolean {
  return view.base !== null && (view.base.index <= commitIndex || contains(log, view.base));
}

/**
 * An AppendEntries of this term confirmed the log up to `confirmed`. Acks what of it lies within the window (§5.2), unless that is forbidden:
 * before the base is on the log, below the base, or after catch-up replaced an acked entry (§5.3, §8.1). An ack covers everything below it.
 */
export function confirm(context: Context, confirmed: LogIndex): void {
  const { state } = context;
  const { base } = state.view;
  const end = Math.min(confirmed, windowEnd(state)) as LogIndex;
  if (
    base === null || !containsBase(state) || end < base.index || state.hard.noMoreAcks || state.hard.recovery !== null
  ) return;
  if (state.hard.ack !== null && end <= state.hard.ack.index) return;
  if (state.hard.ack === null) state.publication.listed = offset(base.index, -1);
  setAck(context, headAt(state.log, end));
  if (trustsReplicas(state.config.constants)) certifyAck(context, headAt(state.log, end));
  state.publication.due = true;
}

/**
 * §1.4: a leader that is no liar shows one chain in a term, so an ack needs nobody's confirmation: it certifies itself, in its own transaction, and
 * is reported prepared in the very response that tells it.
 */
function certifyAck(context: Context, ack: Head): void {
  const { currentTerm: term } = context.state.hard;
  raiseRank(context, { kind: "prepare", term, index: ack.index, hash: ack.hash, responses: [] });
}

/** Composes the response that is due, or repeats the latest one (§5.4, §5.7). */
export function publishResponse(context: Context): void {
  const { state, now } = context;
  const { publication, hard, commitIndex } = state;
  publication.due = false;
  publication.repeatAt = now + state.config.constants.heartbeatMs;
  publication.publishedAt = now;
  publication.shownCommit = commitIndex;
  send(context, "all", {
    kind: "AppendEntriesResponse",
    signed: {
      kind: "AppendEntriesResponse",
      term: hard.currentTerm,
      replica: state.config.self,
      acks: listAcks(state),
      prepared: certified(state.prepared),
      commitIndex,
      commitHash: headAt(state.log, commitIndex).hash,
      round: state.view.lastRound,
    },
  });
  publication.listed = hard.ack?.index ?? publication.listed;
}

/**
 * Returns every head newly acked since the last response, at most the newest {@linkcode LIMITS.maxAcks}; always the last one, and where it needs no
 * others to be certified, that one alone (§1.4).
 */
function listAcks({ hard, publication, log, config }: CoreState): Head[] {
  if (hard.ack === null || hard.noMoreAcks) return [];
  if (trustsReplicas(config.constants)) return [hard.ack];
  const first = Math.max(publication.listed + 1, hard.ack.index - LIMITS.maxAcks + 1, log.base.index);
  const heads: Head[] = [];
  for (let index = first; index < hard.ack.index; index++) heads.push(headAt(log, logIndex(index)));
  return [...heads, hard.ack];
}

/**
 * §5.7: returns whether the latest response is worth repeating: something is uncommitted here, a peer shows a lower commit index, or the
 * commit index this replica showed last is outdated. Without the last rule, others would repeat theirs forever to a replica that commits
 * last.
 */
export function wantsRepeat({ log, commitIndex, responses, config, hard, publication }: CoreState): boolean {
  if (hard.currentTerm === 0) return false;
  if (publication.shownCommit < commitIndex) return true;
  if (lastIndex(log) > commitIndex) return true;
  return config.replicas.some((id) =>
    id !== config.self && (responses.commitClaims.get(id)?.index ?? logIndex(0)) < commitIndex
  );
}
