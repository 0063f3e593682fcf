/** The requests a leader has yet to order: one queue for each client, served in turn (§7.3, §7.5). */
import type { SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, Seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { lastIndex, slice } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import type { Signed } from "../../../protocol/signed.ts";

/** Queues `request` unless it is queued or in the log already; returns false if it lies below the floor of a queued one. */
export function poolRequest({ requests }: CoreState, request: Signed<SendRequest>): boolean {
  const { client, seq } = request.message;
  if (requests.proposed.get(client)?.has(seq)) return true;
  const queue = requests.pool.get(client) ?? new Map<Seq, Signed<SendRequest>>();
  requests.pool.set(client, queue);
  return holdRequest(queue, request.message, request, (held) => held.message.floor);
}

/**
 * Holds `item` for `request` in its client's queue, unless its seq is there already; returns false if it lies below the floor of a held
 * one. Held requests below its own floor are dropped, and count as settled as soon as this one is: the queue spans one window and never
 * exceeds the client's quota (§7.3). Only held requests bind their client: a floor that is never ordered settles nothing.
 */
export function holdRequest<T>(
  queue: Map<Seq, T>,
  { seq, floor }: SendRequest,
  item: T,
  floorOf: (held: T) => Seq,
): boolean {
  for (const held of queue.values()) if (floorOf(held) > seq) return false;
  if (queue.has(seq)) return true;
  for (const pending of [...queue.keys()]) if (pending < floor) queue.delete(pending);
  queue.set(seq, item);
  return true;
}

/**
 * Takes the next entry's requests, a few of each client in turn, so that no client starves another. If `fullOnly`, takes nothing unless an
 * entry can be filled.
 */
export function takeRequests(
  state: CoreState,
  fullOnly: boolean,
  sizeOf: (request: Signed<SendRequest>) => number,
): Signed<SendRequest>[] {
  const { pool } = state.requests;
  const waiting = [...pool.values()].reduce((sum, queue) => sum + queue.size, 0);
  if (waiting === 0 || (fullOnly && waiting < LIMITS.fullEntryRequests)) return [];
  const taken: Signed<SendRequest>[] = [];
  let bytes = 2;
  for (const [client, request] of inTurn(pool)) {
    bytes += sizeOf(request);
    if (taken.length >= LIMITS.maxEntryRequests || bytes > LIMITS.maxEntryBytes) break;
    taken.push(request);
    markProposed(state, client, request.message.seq);
  }
  for (const { message: { client, seq } } of taken) {
    const queue = pool.get(client)!;
    queue.delete(seq);
    // The client is last in turn next time.
    pool.delete(client);
    if (queue.size > 0) pool.set(client, queue);
  }
  return taken;
}

/** Yields the first request of every client, then the second ones, and so on. */
function* inTurn(pool: CoreState["requests"]["pool"]): Iterable<[ClientId, Signed<SendRequest>]> {
  let iterators = [...pool].map(([client, queue]) => ({ client, values: queue.values() }));
  while (iterators.length > 0) {
    const alive: typeof iterators = [];
    for (const iterator of iterators) {
      const next = iterator.values.next();
      if (next.done) continue;
      yield [iterator.client, next.value];
      alive.push(iterator);
    }
    iterators = alive;
  }
}

function markProposed({ requests }: CoreState, client: ClientId, seq: Seq): void {
  const seqs = requests.proposed.get(client) ?? new Set<Seq>();
  requests.proposed.set(client, seqs);
  seqs.add(seq);
}

/** Marks a new leader's own log as proposed: it may hold requests above the commit index, which must not be proposed again. */
export function markLogProposed(state: CoreState): void {
  state.requests.proposed.clear();
  for (const { entry } of slice(state.log, state.appliedIndex, lastIndex(state.log))) {
    for (const { message } of entry.requests ?? []) markProposed(state, message.client, message.seq);
  }
  for (const [client, seqs] of state.requests.proposed) {
    for (const seq of seqs) state.requests.pool.get(client)?.delete(seq);
  }
}
