/** Client intervention at a replica (§7.3): forwarding, patience, and settling of requests. */
import { type Context, send } from "../context.ts";
import type { SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, Seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { holdRequest, poolRequest } from "./request_pool.ts";
import { statusOf } from "../../../protocol/snapshot/session_table.ts";
import type { CoreState } from "../state.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Intervention } from "./request_state.ts";

/**
 * Starts patience for `request`, once; returns false if it lies below the floor of a pending one. Only a seq inside the window gets here,
 * so that a client's pending interventions never exceed its quota, which an honest leader never drops.
 */
export function intervene(context: Context, request: Signed<SendRequest>): boolean {
  const { state, now } = context;
  const { client } = request.message;
  const pending = state.requests.interventions.get(client) ?? new Map<Seq, Intervention>();
  state.requests.interventions.set(client, pending);
  const intervention: Intervention = {
    request,
    since: now,
    deadline: now + state.requests.patience,
    restarts: 0,
    expired: false,
    forwardAt: now,
    forwardInterval: state.config.constants.heartbeatMs,
  };
  return holdRequest(pending, request.message, intervention, (held) => held.request.message.floor);
}

/** Forwards due requests to the leader, with a back-off for each, and lets patience run out. A leader queues them itself. */
export function tickInterventions(context: Context): void {
  const { requests, view, config } = context.state;
  for (const intervention of all(requests.interventions)) {
    if (context.now >= intervention.deadline) intervention.expired = true;
    if (view.leader === null || context.now < intervention.forwardAt) continue;
    if (view.role === "leader") poolRequest(context.state, intervention.request);
    else send(context, [view.leader], { kind: "ForwardedRequest", signed: intervention.request });
    intervention.forwardAt = context.now + intervention.forwardInterval;
    intervention.forwardInterval = Math.min(2 * intervention.forwardInterval, config.constants.electionTimeoutMs);
  }
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
  const waiting = [...all(requests.interventions)].length > 0;
  const scaled = requests.patience * (requests.served ? 1 / 2 : waiting ? 2 : 1);
  requests.patience = Math.min(Math.max(scaled, patienceMs), patienceCapMs);
  requests.progressed = false;
  requests.served = false;
  if (context.state.view.role !== "leader") requests.pool.clear();
  for (const intervention of all(requests.interventions)) {
    intervention.deadline = context.now + requests.patience;
    intervention.restarts = 0;
    intervention.expired = false;
    intervention.forwardAt = context.now;
    intervention.forwardInterval = heartbeatMs;
  }
}

/**
 * Drops every request of `clients` that is settled at the applied index, whatever its command (§7.3). Patience for requests younger than
 * the oldest one served restarts, a bounded number of times: the leader is busy, not ignoring them.
 */
export function settle({ state, now }: Context, clients: Iterable<ClientId>): void {
  const { requests, sessions } = state;
  let served = Infinity;
  for (const client of clients) {
    const settled = (seq: Seq) => ["answered", "expired"].includes(statusOf(sessions, client, seq).status);
    const pending = requests.interventions.get(client);
    for (const seq of [...pending?.keys() ?? []].filter(settled)) {
      served = Math.min(served, pending!.get(seq)!.since);
    }
    for (const queue of [pending, requests.pool.get(client), requests.proposed.get(client)]) {
      for (const seq of [...queue?.keys() ?? []].filter(settled)) queue!.delete(seq);
    }
  }
  if (served === Infinity) return;
  requests.served = true;
  for (const intervention of all(requests.interventions)) {
    const younger = intervention.since >= served;
    if (!younger || intervention.expired || intervention.restarts >= LIMITS.maxPatienceRestarts) continue;
    intervention.deadline = Math.max(intervention.deadline, now + requests.patience);
    intervention.restarts++;
  }
}

function* all(interventions: CoreState["requests"]["interventions"]): Iterable<Intervention> {
  for (const pending of interventions.values()) yield* pending.values();
}
