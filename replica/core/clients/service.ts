/** Time that the requests of each client take at their leader, and what it turns away because that is too long (§7.3k). */
import type { Request, SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import type { CoreState } from "../state.ts";
import { isQueued } from "./request_pool.ts";
import type { RequestState, Service } from "./request_state.ts";
import { sizeOf } from "./waiting.ts";

/** Part of `patienceMs` that requests of a client may be going to take. */
const MOST_WAIT = 1 / 4;
/** Part of it that one of them has to have taken: a burst alone is no load. */
const SLOW = 1 / 8;
/** Part of it after which what was executed counts half for the pace. */
const REMEMBERED = 1;
/** Times as long as the quickest request took that they may be going to take all the same: links may be long. */
const UNLOADED = 4;

/** Takes note of who has requests waiting, or in the log above the applied index, at the end of a leader's batch. */
export function noteService({ requests, config: { constants } }: CoreState, now: Millis): void {
  const { services, pool, proposed } = requests;
  for (const client of services.keys()) if (!pool.has(client) && !proposed.has(client)) services.delete(client);
  for (const client of new Set([...pool.keys(), ...proposed.keys()])) {
    const waiting = waitingOf(requests, client);
    const service = services.get(client);
    if (service !== undefined) measure(requests, service, waiting, constants.patienceMs, now);
    else {
      const nothing = { served: 0, servedBefore: 0, tookMs: 0 };
      services.set(client, { ...nothing, since: now, probe: waiting, probeAt: now });
    }
  }
}

function waitingOf({ pool, proposed }: RequestState, client: ClientId): number {
  const queue = pool.get(client);
  return (proposed.get(client)?.size ?? 0) + (queue === undefined ? 0 : sizeOf(queue));
}

function measure(
  requests: RequestState,
  service: Service,
  waiting: number,
  patienceMs: Millis,
  now: Millis,
): void {
  if (service.served >= service.probe) {
    service.tookMs = now - service.probeAt;
    requests.quickestMs = Math.min(requests.quickestMs, service.tookMs);
    service.probe = service.served + waiting;
    service.probeAt = now;
  }
  if (now - service.since < REMEMBERED * patienceMs) return;
  service.since = (service.since + now) / 2;
  service.servedBefore = (service.servedBefore + service.served) / 2;
}

/** Takes note that a request of `client` was executed. */
export function noteServed({ requests: { services } }: CoreState, client: ClientId): void {
  const service = services.get(client);
  if (service !== undefined) service.served++;
}

/**
 * Returns the milliseconds after which to ask again for a request that a client sends this leader as it is, or null if it is to be taken: what
 * is the lowest of its session always is, and all is while nothing is executed, for which no load is the cause.
 */
export function turnedAwayFor(state: CoreState, message: Request, now: Millis): Millis | null {
  const { requests, view, config: { constants: { patienceMs } } } = state;
  const service = requests.services.get(message.client);
  if (view.role !== "leader" || service === undefined || message.kind !== "SendRequest") return null;
  if (isQueued(state, message)) return null;
  const underWayMs = now - service.probeAt;
  if (Math.max(service.tookMs, underWayMs) <= SLOW * patienceMs || underWayMs > patienceMs) return null;
  const executed = service.served - service.servedBefore;
  const waitMs = waitingOf(requests, message.client) * (now - service.since) / executed;
  const mostMs = Math.max(MOST_WAIT * patienceMs, UNLOADED * requests.quickestMs);
  if (executed === 0 || waitMs <= mostMs || isLowest(state, message)) return null;
  return askAgainAfter(state, waitMs);
}

/** Returns the milliseconds after which to ask again where `waitMs` are to be waited: at least a heartbeat, at most half of patience. */
export const askAgainAfter = ({ config: { constants } }: CoreState, waitMs: Millis): Millis =>
  Math.min(constants.patienceMs / 2, Math.max(constants.heartbeatMs, waitMs / 2));

/** Returns whether every lower seq of its session, down to the window's edge, is executed. */
export function isLowest({ sessions }: CoreState, { client, session, seq }: SendRequest): boolean {
  const table = sessions.clients.get(client)?.live.get(session);
  if (table === undefined) return true;
  let lowest: number = table.floor;
  while (lowest < seq && table.answers.has(lowest as typeof seq)) lowest++;
  return lowest >= seq;
}
