/** A leader's replication: proposing, broadcasting, repairing followers (§5.1, §5.2, §5.8). */
import type { ChainedEntry, Entry } from "../../../protocol/entry.ts";
import { joinRequests, joinStatements, requestSize } from "../../../protocol/entry_body.ts";
import { asksForChange } from "../../../protocol/epochs/epoch_end.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { type LogIndex, type Millis, offset, type ReplicaId, type Round, round } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { AppendEntries, AppendEntriesResponse, Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { takeRequests } from "../clients/request_pool.ts";
import { type Context, peersOf, send } from "../context.ts";
import { endsInStop, mustNotStopNext } from "../epochs/stop_sign.ts";
import { append } from "../log/durable.ts";
import { hashAt, headAt, lastHead, lastIndex, slice } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { takeStatements } from "../time/on_clock_statement.ts";
import { confirm } from "./acks.ts";
import type { Leadership, Progress } from "./leader_state.ts";
import { spend } from "./pace.ts";
import { createPipeline, noteCommitted, noteProposed } from "./pipeline.ts";
import { expectReturns, leastReturning } from "./returning.ts";

/** Begins to lead: the first AppendEntries of the term starts at the base, and a no-op opens the term (§5.4, §5.8). */
export function beginLeading(context: Context): void {
  const { state, now } = context;
  const start = Math.max(state.view.base!.index, state.log.base.index) as LogIndex;
  const progress = (): Progress => ({
    match: 0 as LogIndex,
    next: offset(start, 1),
    proofSent: false,
    resentRound: round(0),
  });
  state.leadership = {
    progress: new Map(peersOf(state).map((id) => [id, progress()])),
    round: round(0),
    resends: new Map(),
    broadcast: start,
    heartbeatSent: now,
    proposedAt: -Infinity,
    underWay: 0,
    returning: null,
    pipeline: createPipeline(),
    handing: null,
  };
  // Behind a stop-sign nothing is proposed: a header at the base has it acked anew (§13.3).
  if (endsInStop(state.log, context.ports.changes)) state.leadership.heartbeatSent = -Infinity;
  else propose(context, []);
}

/** Appends one entry of `requests` to the leader's own log; it is durable before its header is signed (§5.1). */
function propose(context: Context, requests: readonly Signed<Request>[]): void {
  appendNext(context, { body: joinRequests(requests), requests });
}

function appendNext(context: Context, content: Omit<Entry, "index" | "term">): void {
  const { state, ports } = context;
  const head = lastHead(state.log);
  const entry: Entry = { index: offset(head.index, 1), term: state.hard.currentTerm, ...content };
  append(context, [chainEntry(ports.hash, head.hash, entry)]);
}

/**
 * §5.8: proposes while nothing is uncommitted what waits and what is about to come back; else requests gather until there are enough for a full entry, or
 * for a while. The pipeline is bounded by entries above the commit index.
 */
export function proposeRequests(context: Context, leadership: Leadership): void {
  const { state, now, ports } = context;
  if (endsInStop(state.log, ports.changes)) return;
  const { pipeline } = leadership;
  if (lastIndex(state.log) === state.commitIndex) leadership.returning ??= expectReturns(context, leadership);
  noteCommitted(pipeline, state.commitIndex, now, state.config.constants);
  proposeStatements(context, pipeline.size);
  while (lastIndex(state.log) - state.commitIndex < pipeline.size) {
    const batch = takeRequests(context, leastToPropose(context, leadership), requestSize);
    if (batch.length === 0) return;
    proposeBatch(context, batch);
    leadership.proposedAt = now;
    leadership.underWay = uncommittedRequests(state);
    leadership.returning = null;
    noteProposed(pipeline, lastIndex(state.log), now);
    if (endsInStop(state.log, ports.changes)) return;
  }
  if (state.requests.pool.size > 0) pipeline.heldUp = true;
}

/** §15.1b: proposes what replicas state, in an entry of its own, once it moves log time. */
function proposeStatements(context: Context, pipelineSize: number): void {
  const { state } = context;
  if (lastIndex(state.log) - state.commitIndex >= pipelineSize) return;
  const statements = takeStatements(state);
  if (statements.length > 0) appendNext(context, { body: joinStatements(statements), requests: [], statements });
}

/** Proposes a batch. One that may be a stop-sign has a no-op before it where a checkpoint is due (§13.2). */
function proposeBatch(context: Context, batch: readonly Signed<Request>[]): void {
  if (batch.some(asksForChange) && mustNotStopNext(context.state)) propose(context, []);
  propose(context, batch);
}

/** Returns how many requests it takes for an entry now. */
function leastToPropose({ state, now }: Context, leadership: Leadership): number {
  if (lastIndex(state.log) === state.commitIndex) return leastReturning(leadership, now);
  return now < leadership.proposedAt + LIMITS.gatherMs ? LIMITS.fullEntryRequests : 1;
}

const uncommittedRequests = ({ log, commitIndex }: CoreState): number =>
  slice(log, commitIndex, lastIndex(log)).reduce((sum, { entry }) => sum + (entry.requests?.length ?? 0), 0);

/** Broadcasts new entries, and a heartbeat if one is due, from which a follower that is behind also learns what it lacks. */
export function replicate(context: Context, leadership: Leadership): void {
  const { state, now } = context;
  leadership.broadcast = Math.max(leadership.broadcast, state.log.base.index) as LogIndex;
  while (leadership.broadcast < lastIndex(state.log)) {
    leadership.broadcast = broadcast(context, leadership);
    const allLevel = [...leadership.progress.values()].every(({ next }) => next === leadership.broadcast + 1);
    if (allLevel) leadership.heartbeatSent = now; // everyone has just heard of this leader
  }
  if (now < heartbeatDue(state, leadership)) return;
  broadcast(context, leadership);
  leadership.heartbeatSent = now;
}

/** Returns the time at which the next heartbeat is due. An idle leader only has to keep its followers' election timers from firing. */
export function heartbeatDue({ log, commitIndex, config }: CoreState, { heartbeatSent }: Leadership): Millis {
  const { heartbeatMs, electionTimeoutMs } = config.constants;
  const idle = lastIndex(log) === commitIndex;
  return heartbeatSent + (idle ? Math.max(heartbeatMs, 0.4 * electionTimeoutMs) : heartbeatMs);
}

/**
 * Sends one header to every replica that is level with the broadcast, this one included; one signature serves all (§2.4). The leader acks
 * its entries at once, in the transaction that appends them (§5.4).
 */
function broadcast(context: Context, leadership: Leadership): LogIndex {
  const { state } = context;
  const from = leadership.broadcast;
  const entries = chunk(state, from);
  const header = signHeader(state, leadership, from, entries);
  const end = offset(from, entries.length);
  const level = [...leadership.progress].filter(([, p]) => p.next === from + 1 || entries.length === 0);
  const withProof = level.filter(([, p]) => !p.proofSent);
  const without = level.filter(([, p]) => p.proofSent);
  sendHeader(context, [state.config.self, ...without.map(([id]) => id)], header, entries, false);
  if (withProof.length > 0) sendHeader(context, withProof.map(([id]) => id), header, entries, true);
  for (const [, progress] of level) {
    progress.proofSent = true;
    if (progress.next === from + 1) progress.next = offset(end, 1);
  }
  confirm(context, end);
  return end;
}

/** Returns the entries after `from` that fit into one AppendEntries. */
function chunk({ log }: CoreState, from: LogIndex): ChainedEntry[] {
  const most = slice(log, from, offset(from, LIMITS.maxAppendEntries));
  let bytes = 0;
  const cut = most.findIndex(({ entry }, i) => (bytes += entry.body.length) > LIMITS.maxAppendBytes && i > 0);
  return cut < 0 ? most : most.slice(0, cut);
}

function signHeader(
  state: CoreState,
  leadership: Leadership,
  from: LogIndex,
  entries: readonly ChainedEntry[],
): AppendEntries {
  leadership.round = (leadership.round + 1) as Round;
  return {
    kind: "AppendEntries",
    term: state.hard.currentTerm,
    leader: state.config.self,
    round: leadership.round,
    prevIndex: from,
    prevHash: headAt(state.log, from).hash,
    entryHashes: entries.map(({ hash }) => hash),
    commitIndex: state.commitIndex,
  };
}

function sendHeader(
  context: Context,
  to: readonly ReplicaId[],
  header: AppendEntries,
  entries: readonly ChainedEntry[],
  withProof: boolean,
): void {
  send(context, to, {
    kind: "AppendEntries",
    signed: header,
    entries: entries.map(({ entry }) => entry),
    proof: withProof ? context.state.electionProof : null,
  });
}

/** Sends `replica` the next entries it lacks, from `after` on. */
export function resend(
  context: Context,
  leadership: Leadership,
  replica: ReplicaId,
  after: LogIndex,
  proof: boolean,
): void {
  const progress = leadership.progress.get(replica)!;
  const entries = chunk(context.state, after);
  spend(leadership.resends, replica, entries.reduce((sum, { entry }) => sum + entry.body.length, 0));
  const header = signHeader(context.state, leadership, after, entries);
  sendHeader(context, [replica], header, entries, proof || !progress.proofSent);
  progress.proofSent = true;
  progress.resentRound = header.round;
  progress.next = offset(after, entries.length + 1);
}

/** Follows a follower's acks: one that is behind the broadcast effectively asks for the next entries. */
export function followProgress(context: Context, { replica, acks }: AppendEntriesResponse): void {
  const { state } = context;
  const progress = state.leadership?.progress.get(replica);
  const head = acks.at(-1);
  if (!state.leadership || !progress || !head || hashAt(state.log, head.index) !== head.hash) return;
  if (head.index <= progress.match) return;
  progress.match = head.index;
  progress.proofSent = true;
  const behind = progress.next <= state.leadership.broadcast;
  if (behind && head.index >= progress.next - 1) resend(context, state.leadership, replica, head.index, false);
}
