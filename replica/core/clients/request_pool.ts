/** The requests a leader has yet to order: clients in turn, within a client its sessions in turn (§7.3, §7.5). */
import type { Request, SendRequest } from "../../../protocol/entry.ts";
import { asksForChange } from "../../../protocol/epochs/epoch_end.ts";
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Hash } from "../../../protocol/ports.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { reaches } from "../../../protocol/snapshot/registrations.ts";
import type { Context } from "../context.ts";
import { lastIndex, slice } from "../log/log.ts";
import { queuesRequests } from "../offices/requests_meanwhile.ts";
import type { CoreState } from "../state.ts";
import { noteTaken, type Share, sharesOf } from "./fair_share.ts";
import type { RequestState } from "./request_state.ts";
import {
  drop,
  hasPlace,
  holdRequest,
  holdsCommand,
  inTurn,
  itemsOf,
  type Known,
  registersIn,
  serveLater,
  sizeOf,
  slotOf,
  slotOfCommand,
  type Waiting,
} from "./waiting.ts";

/** Queues `known` unless it is queued or in the log already; false where its client's quota has no room for it. */
export function poolRequest({ requests, config }: CoreState, known: Known): boolean {
  const { message } = known.request;
  if (requests.proposed.get(message.client)?.has(slotOf(message, known.digest))) return true;
  const waiting: Waiting<Known> = requests.pool.get(message.client) ?? new Map();
  const held = holdRequest(waiting, known, config.constants);
  if (held) requests.pool.set(message.client, waiting);
  return held;
}

/** Returns whether a command with this session and seq is queued, or in the log above the applied index. */
export function isQueued({ requests: { pool, proposed } }: CoreState, message: SendRequest): boolean {
  const [inLog, waiting] = [proposed.get(message.client), pool.get(message.client)];
  return (inLog?.has(slotOfCommand(message)) ?? false) || (waiting !== undefined && holdsCommand(waiting, message));
}

/** Returns whether this replica, a leader or as an intervention, would hold `message`, or does already; a follower only passes others on. */
export function hasRoomFor(state: CoreState, message: Request, intervention: boolean): boolean {
  const { requests, config } = state;
  const queues = queuesRequests(state);
  if (queues && message.kind === "SendRequest" && isQueued(state, message)) return true;
  const held = queues ? requests.pool : intervention ? requests.interventions : null;
  return held === null || hasPlace(held.get(message.client) ?? new Map(), message, config.constants);
}

/**
 * Takes the next entry's requests, a few of each client in turn, so that no client starves another. Takes nothing while fewer than `least` are ready,
 * unless they have more bytes than an entry. What was shown goes first (§14.7e). Clients that want more than most go along in the others' entries, or
 * wait with the rest until none is under way.
 */
export function takeRequests(
  { state, now }: Pick<Context, "state" | "now">,
  least: number,
  sizeOfRequest: (request: Signed<Request>) => number,
): Signed<Request>[] {
  dropLateRegisters(state);
  const shares = sharesOf(state, now);
  const { pool } = state.requests;
  const ready = readyIn(pool, shares);
  const isMany = ready >= least;
  if (ready === 0 || (!isMany && !areLong(pool, sizeOfRequest))) return [];
  const underWay = lastIndex(state.log) > state.commitIndex;
  const onlyUrgent = underWay && [...shares.values()].every(({ isHeavy }) => isHeavy);
  const { taken, isCut } = nextEntry(onlyUrgent ? urgentIn(shares) : urgentFirst(pool, shares), sizeOfRequest);
  if (!isMany && !isCut) return [];
  for (const known of taken) {
    takeOut(state, known);
    noteTaken(state, known.request.message.client, now);
  }
  return taken.map(({ request }) => request);
}

/** Returns what fits into one entry, and whether some of what may be in it does not: a change of the roster stands alone (§13.2). */
function nextEntry(
  ready: Iterable<Known>,
  sizeOfRequest: (request: Signed<Request>) => number,
): { readonly taken: readonly Known[]; readonly isCut: boolean } {
  const taken: Known[] = [];
  let bytes = 2;
  for (const known of ready) {
    const isChange = asksForChange(known.request);
    if (isChange && taken.length === 0) return { taken: [known], isCut: true };
    bytes += sizeOfRequest(known.request);
    if (isChange || taken.length >= LIMITS.maxEntryRequests || bytes > LIMITS.maxEntryBytes) {
      return { taken, isCut: true };
    }
    taken.push(known);
  }
  return { taken, isCut: false };
}

/** Returns whether those that wait have more bytes than an entry. */
function areLong(pool: RequestState["pool"], sizeOfRequest: (request: Signed<Request>) => number): boolean {
  let bytes = 0;
  for (const queue of pool.values()) {
    for (const { request } of itemsOf(queue)) if ((bytes += sizeOfRequest(request)) > LIMITS.maxEntryBytes) return true;
  }
  return false;
}

/** Returns how many requests an entry could take now. */
export const countReady = (state: CoreState, now: Millis): number => readyIn(state.requests.pool, sharesOf(state, now));

const readyIn = (pool: RequestState["pool"], shares: ReadonlyMap<ClientId, Share>): number =>
  [...pool].reduce((sum, [client, queue]) => sum + Math.min(sizeOf(queue), shares.get(client)!.left), 0);

/** Moves a request from its queue to what is proposed; its client and its session are last in turn next time. */
function takeOut(state: CoreState, known: Known): void {
  const { pool } = state.requests;
  const { client } = known.request.message;
  const queue = pool.get(client)!;
  drop(queue, known);
  serveLater(queue, known);
  pool.delete(client);
  if (queue.size > 0) pool.set(client, queue);
  markProposed(state, known);
}

/** A register that the next entry is too late for would open nothing, and yet go before others (§7.3i). */
function dropLateRegisters({ requests: { pool }, config, log }: CoreState): void {
  const next = lastIndex(log) + 1;
  for (const [client, queue] of pool) {
    for (const known of registersIn(queue)) {
      const { message } = known.request;
      if (message.kind === "RegisterSession" && next > reaches(message.base, config.constants)) drop(queue, known);
    }
    if (queue.size === 0) pool.delete(client);
  }
}

type Shares = ReadonlyMap<ClientId, Share>;

/** Yields what is urgent, clients in turn. */
function* urgentIn(shares: Shares): Iterable<Known> {
  const lists = [...shares.values()].map(({ urgent }) => urgent).filter(({ length }) => length > 0);
  for (let round = 0; lists.some(({ length }) => round < length); round++) {
    for (const list of lists) if (round < list.length) yield list[round]!;
  }
}

/** Yields what is urgent, and then the rest. */
function* urgentFirst(pool: RequestState["pool"], shares: Shares): Iterable<Known> {
  const first = new Set(urgentIn(shares));
  yield* first;
  yield* clientsInTurn(pool, shares, first);
}

/** Yields the first request of every client but for those of `without`, then the second ones, and so on, of each client as many as §7.3j lets it have. */
function* clientsInTurn(pool: RequestState["pool"], shares: Shares, without: ReadonlySet<Known>): Iterable<Known> {
  let queues = [...pool].map(([client, queue]) => {
    const { left, urgent } = shares.get(client)!;
    return { items: inTurn(queue).filter((known) => !without.has(known)), left: left - urgent.length };
  });
  while (queues.length > 0) {
    const alive: typeof queues = [];
    for (const queue of queues) {
      const next = queue.left-- > 0 ? queue.items.next() : { done: true as const };
      if (next.done) continue;
      yield next.value;
      alive.push(queue);
    }
    queues = alive;
  }
}

function markProposed({ requests }: CoreState, { request: { message }, digest }: Known): void {
  const slots = requests.proposed.get(message.client) ?? new Set<string>();
  requests.proposed.set(message.client, slots);
  slots.add(slotOf(message, digest));
}

/** Forgets that a request is in the log above the applied index. */
export function unmarkProposed({ requests }: CoreState, { request: { message }, digest }: Known): void {
  const slots = requests.proposed.get(message.client);
  slots?.delete(slotOf(message, digest));
  if (slots?.size === 0) requests.proposed.delete(message.client);
}

/** Marks a new leader's own log as proposed: it may hold requests above the commit index, which must not be proposed again. */
export function markLogProposed(state: CoreState, hash: Hash): void {
  const { proposed, pool } = state.requests;
  proposed.clear();
  for (const { entry } of slice(state.log, state.appliedIndex, lastIndex(state.log))) {
    for (const request of entry.requests ?? []) markProposed(state, { request, digest: hash(request.body) });
  }
  for (const [client, queue] of pool) {
    for (const known of [...itemsOf(queue)]) {
      if (proposed.get(client)?.has(slotOf(known.request.message, known.digest))) drop(queue, known);
    }
    if (queue.size === 0) pool.delete(client);
  }
}
