/** Requests that clients show to this replica, since they wait for the leader (§14.7). */
import type { SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, LogIndex } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import { standingOf } from "../../../protocol/snapshot/session_table.ts";
import { mayPassOn } from "../clients/forwarding_budget.ts";
import { poolRequest } from "../clients/request_pool.ts";
import { isLowest } from "../clients/service.ts";
import { isUrgent, markUrgent } from "../clients/urgent.ts";
import type { Known } from "../clients/waiting.ts";
import { type Context, send } from "../context.ts";
import { slice } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { judgedTime } from "./judged_clock.ts";
import type { ShownRequest } from "./pace_state.ts";

/** Returns whether `message` can be shown: a command that this replica's own session table takes for the lowest of its session that is not executed. */
const canBeShown = (state: CoreState, message: Request): message is SendRequest =>
  state.config.constants.paceMs > 0 && message.kind === "SendRequest" && isLowest(state, message);

/** Holds what a client shows, one request of each, and passes it on; returns whether `known` is the one that is held now. */
export function holdShown(context: Context, known: Known): boolean {
  const { state: { pace, config, view }, state, now } = context;
  const { message } = known.request;
  if (!canBeShown(state, message)) return false;
  if (view.role === "leader") markUrgent(state, message);
  const held = pace.shown.get(message.client);
  if (held !== undefined) return held.digest === known.digest;
  const shown: ShownRequest = {
    ...known,
    since: null,
    forwardAt: now,
    forwardInterval: config.constants.heartbeatMs,
    committed: isCommitted(state, message),
  };
  pace.shown.set(message.client, shown);
  passOnShown(context, shown);
  return true;
}

/** Returns whether a leader that has `message` queued or on its log learns from who passes it on that it is shown. */
export const isNewlyShown = (state: CoreState, message: SendRequest): boolean =>
  canBeShown(state, message) && !isUrgent(state, message) && !state.pace.shown.has(message.client);

/** Returns whether `known` is held as shown, and passed on as such. */
export const isShown = ({ pace }: CoreState, { request: { message }, digest }: Known): boolean =>
  pace.shown.get(message.client)?.digest === digest;

/** Passes what is shown on to the leader where that is due, clients in turn. */
export function tickShown(context: Context): void {
  const { shown } = context.state.pace;
  for (const [client, each] of [...shown]) {
    if (!passOnShown(context, each)) continue;
    shown.delete(client);
    shown.set(client, each);
  }
}

/** Passes `shown` on if that is due and its half of the pace (§7.5i) allows it; returns whether it did. A leader queues it itself. */
function passOnShown(context: Context, shown: ShownRequest): boolean {
  const { state, now } = context;
  const { view, requests, config } = state;
  if (view.leader === null || shown.committed || now < shown.forwardAt) return false;
  const { message } = shown.request;
  if (view.role === "leader") {
    poolRequest(state, shown);
    markUrgent(state, message as SendRequest);
  } else if (!mayPassOn(requests.forwardingShown, now)) return false;
  else send(context, [view.leader], { kind: "ForwardedRequest", signed: shown.request });
  shown.since ??= judgedTime(state, now);
  shown.forwardAt = now + shown.forwardInterval;
  shown.forwardInterval = Math.min(2 * shown.forwardInterval, config.constants.electionTimeoutMs);
  return true;
}

/** §14.7d: ends the wait of what was committed above `from`: what is on the log or prepared still waits. */
export function noteCommitted(state: CoreState, from: LogIndex): void {
  const { shown } = state.pace;
  if (shown.size === 0) return;
  for (const { client, session, seq } of commandsIn(state, from)) {
    const { message } = shown.get(client)?.request ?? {};
    if (message?.kind !== "SendRequest" || message.session !== session || message.seq !== seq) continue;
    shown.get(client)!.committed = true;
  }
}

/** Returns whether a command of this session and seq is committed and not applied yet. */
function isCommitted(state: CoreState, { client, session, seq }: SendRequest): boolean {
  for (const other of commandsIn(state, state.appliedIndex)) {
    if (other.client === client && other.session === session && other.seq === seq) return true;
  }
  return false;
}

/** Yields the commands committed above `from`, as far as they are on the log. */
function* commandsIn({ log, commitIndex }: CoreState, from: LogIndex): Iterable<SendRequest> {
  for (const { entry } of slice(log, from, commitIndex)) {
    for (const { message } of entry.requests ?? []) if (message.kind === "SendRequest") yield message;
  }
}

/** Drops what is settled of what these clients showed (§14.7d). */
export function settleShown(state: CoreState, clients: Iterable<ClientId>): void {
  const { shown } = state.pace;
  for (const client of shown.size > 0 ? clients : []) {
    const held = shown.get(client);
    if (held === undefined) continue;
    const { standing } = standingOf(state.sessions, held.request.message, held.digest, state.appliedIndex);
    if (standing === "settled") shown.delete(client);
  }
}
