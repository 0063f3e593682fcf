/** Parts of a leader's log that clients may have (§7.3j). */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { CoreState } from "../state.ts";
import { type Known, sizeOf, type Waiting } from "./waiting.ts";

/** Heartbeats for which it counts what a client wanted: one with nothing under way may be about to send the next. */
const REMEMBERED_HEARTBEATS = 2;
const NOTHING: Waiting<Known> = new Map();

/** Returns the requests that a client may have in the log above the applied index: as many as more than half of all want, or a few. */
export function fairShare(state: CoreState, now: Millis): number {
  noteWishes(state, now);
  const wanted = Array.from(state.requests.wishes.values(), (wish) => wish.wanted).sort((a, b) => b - a);
  return Math.max(wanted[Math.floor(wanted.length / 2)] ?? 0, LIMITS.fairShare);
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
