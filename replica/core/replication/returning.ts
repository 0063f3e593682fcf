/**
 * Requests that are about to come back (§5.8). Clients that were answered together ask again together, moments later. With a leader that does not wait
 * for them they fall into two halves, each in an entry of its own while the other half is on its way, and an entry costs the same however full.
 */
import type { Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { countReady } from "../clients/request_pool.ts";
import type { Context } from "../context.ts";
import type { CoreState } from "../state.ts";
import type { Leadership, Returning } from "./leader_state.ts";

/** Part of those expected that is enough: the last ones may stay away. */
const ENOUGH = 0.9;

/**
 * Returns what to wait for, now that nothing is uncommitted any more: those that were just answered, with those that came meanwhile; for half the time
 * that their entry took, so that whoever waits for who stays away waits little longer than he would for an entry.
 */
export function expectReturns({ state, now }: Context, { underWay, proposedAt }: Leadership): Returning {
  const expected = underWay + countReady(state, now);
  if (expected < LIMITS.returnRequests) return { least: 1, until: now };
  const least = Math.min(Math.ceil(ENOUGH * expected), LIMITS.maxEntryRequests);
  return { least, until: now + Math.min((now - proposedAt) / 2, LIMITS.gatherMs) };
}

/** Returns the least number of requests to propose now. */
export const leastReturning = ({ returning }: Leadership, now: Millis): number =>
  returning !== null && now < returning.until ? returning.least : 1;

/**
 * Returns the time at which requests that wait for others to come back are proposed without them; Infinity once it is over: what is still queued then
 * waits for something else (§7.3j).
 */
export const returnDue = ({ requests }: CoreState, { returning }: Leadership, now: Millis): Millis =>
  returning !== null && requests.pool.size > 0 && returning.until > now ? returning.until : Infinity;
