/** Client intervention at a replica (§7.3): forwarding, patience, and settling of requests. */
import type { ClientId, Digest, LogIndex, Millis, Seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { standingOf } from "../../../protocol/snapshot/session_table.ts";
import { type Context, send } from "../context.ts";
import { hasStopped } from "../epochs/stop_sign.ts";
import { judgedTime } from "../offices/judged_clock.ts";
import { ledLast, passOnQueue } from "../offices/requests_meanwhile.ts";
import { isShown, settleShown } from "../offices/shown.ts";
import type { CoreState } from "../state.ts";
import { mayPassOn } from "./forwarding_budget.ts";
import { poolRequest } from "./request_pool.ts";
import type { Intervention } from "./request_state.ts";
import { drop, foremost, holdRequest, isBetter, itemsOf, type Known, type Waiting } from "./waiting.ts";

/** Holds `known` and forwards it from now on; false where its client's quota, which an honest leader has too, has no room for it. */
export function intervene(context: Context, known: Known): boolean {
  const { state: { requests, config }, now } = context;
  const { client } = known.request.message;
  const waiting: Waiting<Intervention> = requests.interventions.get(client) ?? new Map();
  const intervention: Intervention = {
    ...known,
    since: now,
    deadline: null,
    restarts: 0,
    expired: false,
    forwardAt: now,
    forwardInterval: config.constants.heartbeatMs,
    overtaken: 0,
  };
  if (!holdRequest(waiting, intervention, config.constants)) return false;
  requests.interventions.set(client, waiting);
  startPatience(context, waiting);
  return true;
}

/** §7.3b: patience runs for the lowest seq of each session and for registers; for what comes to be that it begins now. */
function startPatience({ state, now }: Context, waiting: Waiting<Intervention>): void {
  const { requests, config } = state;
  const first = new Set(foremost(waiting));
  for (const intervention of itemsOf(waiting)) {
    if (!first.has(intervention)) {
      intervention.deadline = null;
      intervention.expired = false;
    } else if (intervention.deadline === null) {
      forwardNow(intervention, config.constants.heartbeatMs, now);
      intervention.deadline = judgedTime(state, now) + requests.patience;
    }
  }
}

/** A leader may have had no room before for what now has patience. */
function forwardNow(intervention: Intervention, heartbeatMs: Millis, now: Millis): void {
  intervention.forwardAt = now;
  intervention.forwardInterval = heartbeatMs;
}

/** Forwards due requests to the leader, clients in turn, with a back-off for each, and lets patience run out. A leader queues them itself. */
export function tickInterventions(context: Context): void {
  const { state, now } = context;
  if (hasStopped(state, context.ports.changes)) return; // nothing can be ordered, and the end needs no leader (§13.3)
  const { interventions } = state.requests;
  const judged = judgedTime(state, now);
  for (const [client, waiting] of [...interventions]) {
    let forwarded = false;
    for (const intervention of itemsOf(waiting)) {
      if (intervention.deadline !== null && judged >= intervention.deadline) intervention.expired = true;
      if (now >= intervention.forwardAt) forwarded = forward(context, intervention) || forwarded;
    }
    if (!forwarded) continue;
    interventions.delete(client);
    interventions.set(client, waiting);
  }
}

/** Passes a request to the leader, unless there is none, it is passed on as one that was shown (§14.7), or its pace (§7.5i) keeps it back; returns whether it did. */
function forward(context: Context, intervention: Intervention): boolean {
  const { state, now } = context;
  const { view, requests, config } = state;
  if (view.leader === null || isShown(state, intervention)) return false;
  if (view.role === "leader") poolRequest(state, intervention);
  else if (!mayPassOn(requests.forwarding, now)) return false;
  else send(context, [view.leader], { kind: "ForwardedRequest", signed: intervention.request });
  intervention.forwardAt = now + intervention.forwardInterval;
  intervention.forwardInterval = Math.min(2 * intervention.forwardInterval, config.constants.electionTimeoutMs);
  return true;
}

/** §6.1b: returns whether patience with the leader has run out for any request. */
export function hasExpired({ requests }: CoreState): boolean {
  for (const intervention of all(requests.interventions)) if (intervention.expired) return true;
  return false;
}

/**
 * Gives a new leader every pending request and fresh patience: longer if the last leader served none of them, shorter if it served some
 * (§7.3). A leader's own no-op is not progress for a waiting client: if a round trip outlasts patience, patience has to grow.
 */
export function changeLeader(context: Context): void {
  const { requests, config } = context.state;
  const { patienceMs, patienceCapMs, heartbeatMs } = config.constants;
  const waiting = requests.interventions.size > 0;
  const scaled = requests.patience * (requests.served ? 1 / 2 : waiting ? 2 : 1);
  requests.patience = Math.min(Math.max(scaled, patienceMs), patienceCapMs);
  requests.progressed = false;
  requests.served = false;
  requests.services.clear();
  requests.quickestMs = Infinity;
  const deadline = judgedTime(context.state, context.now) + requests.patience;
  if (context.state.view.role !== "leader") {
    if (ledLast(context.state)) passOnQueue(context);
    requests.pool.clear();
    requests.turnAt.clear();
  }
  for (const intervention of all(requests.interventions)) {
    if (intervention.deadline !== null) intervention.deadline = deadline;
    intervention.restarts = 0;
    intervention.expired = false;
    forwardNow(intervention, heartbeatMs, context.now);
  }
}

/** The progress of one client by applying entries. Only what happened for the first time is progress: a repetition is free to a faulty leader. */
export interface Progress {
  /** Lowest seq executed in each session. */
  readonly executed: Map<LogIndex, Seq>;
  /** Registers that opened a session, by digest. */
  readonly opened: Map<Digest, Known>;
}

export const noProgress = (): Progress => ({ executed: new Map(), opened: new Map() });

/** Takes note of a request that was just applied for the first time. */
export function noteApplied({ executed, opened }: Progress, known: Known): void {
  const { message } = known.request;
  if (message.kind === "RegisterSession") opened.set(known.digest, known);
  else executed.set(message.session, Math.min(message.seq, executed.get(message.session) ?? Infinity) as Seq);
}

/**
 * Drops every request of these clients that is settled at the applied index, whatever its command (§7.3a), and restarts patience where the
 * leader has done for its session or client what goes first. Patience of requests younger than the oldest one served restarts, a bounded
 * number of times: the leader is busy, not ignoring them.
 */
export function settle(context: Context, clients: ReadonlyMap<ClientId, Progress>): void {
  const { state, now } = context;
  const { requests } = state;
  settleShown(state, clients.keys());
  let served = Infinity;
  for (const [client, progress] of clients) {
    for (const { since } of dropSettled(state, requests.interventions, client)) served = Math.min(served, since);
    dropSettled(state, requests.pool, client);
    const waiting = requests.interventions.get(client);
    if (waiting === undefined) continue;
    noteProgress(context, waiting, progress);
    startPatience(context, waiting);
    if (waiting.size === 0) requests.interventions.delete(client);
  }
  if (served === Infinity) return;
  requests.served = true;
  for (const intervention of all(requests.interventions)) {
    if (intervention.since < served || intervention.restarts >= LIMITS.maxPatienceRestarts) continue;
    if (restart(intervention, judgedTime(state, now) + requests.patience)) intervention.restarts++;
  }
}

/** Drops what is settled from the client's queue, and returns it. */
function dropSettled<T extends Known>(state: CoreState, queues: Map<ClientId, Waiting<T>>, client: ClientId): T[] {
  const queue = queues.get(client);
  if (queue === undefined) return [];
  const settled = [...itemsOf(queue)].filter(({ request, digest }) =>
    standingOf(state.sessions, request.message, digest, state.appliedIndex).standing === "settled"
  );
  for (const known of settled) drop(queue, known);
  if (queue.size === 0) queues.delete(client);
  return settled;
}

/** §7.3f, §7.3i: a leader that executes lower seqs of a session, or opens sessions by better registers, is coming to this one. */
function noteProgress({ state, now }: Context, waiting: Waiting<Intervention>, { executed, opened }: Progress): void {
  const deadline = judgedTime(state, now) + state.requests.patience;
  for (const intervention of [...itemsOf(waiting)]) {
    const { message } = intervention.request;
    if (message.kind === "SendRequest") {
      if ((executed.get(message.session) ?? Infinity) < message.seq) hurry(state, intervention, deadline, now);
      continue;
    }
    const better = [...opened.values()].filter((register) => isBetter(register, intervention)).length;
    if (better === 0) continue;
    intervention.overtaken += better;
    if (intervention.overtaken >= state.config.constants.sessionsPerClient) drop(waiting, intervention);
    else hurry(state, intervention, deadline, now);
  }
}

/** Gives a request whose patience runs a fresh one, and passes it to the leader at once. */
function hurry({ config }: CoreState, intervention: Intervention, deadline: Millis, now: Millis): void {
  if (restart(intervention, deadline)) forwardNow(intervention, config.constants.heartbeatMs, now);
}

/** Returns whether patience ran and now runs until `deadline` at least. */
function restart(intervention: Intervention, deadline: Millis): boolean {
  if (intervention.deadline === null || intervention.expired) return false;
  intervention.deadline = Math.max(intervention.deadline, deadline);
  return true;
}

function* all(interventions: CoreState["requests"]["interventions"]): Iterable<Intervention> {
  for (const waiting of interventions.values()) yield* itemsOf(waiting);
}
