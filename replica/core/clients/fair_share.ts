/** Parts of a leader's log that clients may have (§7.3j). */
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { CoreState } from "../state.ts";
import { urgentOf } from "./urgent.ts";
import { type Known, sizeOf, type Waiting } from "./waiting.ts";

/** Heartbeats for which it counts what a client wanted: one with nothing under way may be about to send the next. */
const REMEMBERED_HEARTBEATS = 2;
/** Times as many as most want that make a flood. */
const FLOOD = 4;
const NOTHING: Waiting<Known> = new Map();

/** A client's part in the next entry. */
export interface Share {
  /** Requests of it that the entry may take. */
  readonly left: number;
  /** True if it wants more than most do. */
  readonly isHeavy: boolean;
  /** Requests of it that were shown, and go first whatever its part is (§14.7e); none of a client that owes. */
  readonly urgent: readonly Known[];
}

/** Returns the share of each client that waits. */
export function sharesOf(state: CoreState, now: Millis): ReadonlyMap<ClientId, Share> {
  noteWishes(state, now);
  const { wishes, pool, proposed } = state.requests;
  const wanted = Array.from(wishes.values(), (wish) => wish.wanted).sort((a, b) => b - a);
  const most = Math.max(wanted[Math.floor(wanted.length / 2)] ?? 0, LIMITS.fairShare);
  const shares = new Map<ClientId, Share>();
  for (const client of pool.keys()) {
    const indebted = owes(state, client, now);
    const urgent = indebted ? [] : urgentOf(state.requests, client);
    const waits = indebted && wishes.size > 1;
    const wants = wishes.get(client)!.wanted;
    const part = waits ? 0 : wants > FLOOD * most ? Math.ceil(most / 2) : most;
    const left = Math.max(0, part - (proposed.get(client)?.size ?? 0), duePart(state, client, now), urgent.length);
    shares.set(client, { left, isHeavy: waits || wants > most, urgent });
  }
  return shares;
}

/** §7.3h: requests that a client gets in any case, so that each of its lanes has a turn in half a patience and nobody has cause to complain. */
function duePart({ requests: { pool, turnAt }, config }: CoreState, client: ClientId, now: Millis): number {
  const since = turnAt.get(client) ?? now;
  turnAt.set(client, since);
  const lanes = pool.get(client)!.size;
  return Math.min(lanes, Math.floor(2 * lanes * (now - since) / config.constants.patienceMs));
}

/** Notes that a request of a client is taken into an entry, and whether it has more waiting. */
export function noteTaken({ requests }: CoreState, client: ClientId, now: Millis): void {
  if (requests.pool.has(client)) requests.turnAt.set(client, now);
  else requests.turnAt.delete(client);
}

/** Remembers the most that each client had under way and waiting of late. */
function noteWishes({ requests, config }: CoreState, now: Millis): void {
  const { wishes, pool, proposed } = requests;
  const since = now - REMEMBERED_HEARTBEATS * config.constants.heartbeatMs;
  for (const [client, { at }] of wishes) if (at < since) wishes.delete(client);
  for (const client of new Set([...pool.keys(), ...proposed.keys()])) {
    const wanted = (proposed.get(client)?.size ?? 0) + sizeOf(pool.get(client) ?? NOTHING);
    if (wanted >= (wishes.get(client)?.wanted ?? 0)) wishes.set(client, { at: now, wanted });
  }
}

/** Charges a client for the result of its request: what is long costs every replica as much as many short ones. */
export function noteResult(state: CoreState, client: ClientId, bytes: number, now: Millis): void {
  const debt = debtOf(state, client, now) + bytes - LIMITS.shortResultBytes;
  if (debt > 0) state.requests.debts.set(client, { at: now, bytes: debt });
}

/** Returns whether a client has yet to wait for the bytes of its long results to be forgiven. */
export const owes = (state: CoreState, client: ClientId, now: Millis): boolean => debtOf(state, client, now) > 0;

/** Returns the bytes that a client has yet to wait for. They are forgiven as fast as all its sessions could have the longest result once a patience. */
function debtOf({ requests: { debts }, config: { constants } }: CoreState, client: ClientId, now: Millis): number {
  const debt = debts.get(client);
  if (debt === undefined) return 0;
  const forgiven = constants.sessionsPerClient * LIMITS.maxResultBytes * (now - debt.at) / constants.patienceMs;
  if (forgiven < debt.bytes) return debt.bytes - forgiven;
  debts.delete(client);
  return 0;
}
