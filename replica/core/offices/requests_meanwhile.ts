/** Requests between two leaders (§14.4). */
import { mayPassOn } from "../clients/forwarding_budget.ts";
import { foremost, itemsOf } from "../clients/waiting.ts";
import { type Context, send } from "../context.ts";
import type { CoreState } from "../state.ts";

/** Returns whether this replica led the last office that it knows of. */
export const ledLast = ({ offices, config }: CoreState): boolean => offices.known.at(-1)?.leader === config.self;

/** Returns whether this replica queues what clients send it: it leads, or it led last and nobody leads now. */
export const queuesRequests = (state: CoreState): boolean =>
  state.view.role === "leader" || (state.view.leader === null && ledLast(state));

/**
 * Passes the queue of the office just left to the leader now known, what goes first in each session before the rest, and clients in turn, as far as the pace
 * of passing on goes (§7.5i).
 */
export function passOnQueue(context: Context): void {
  const { state: { requests: { pool, forwarding, forwardingShown }, view }, now } = context;
  const queues = [...pool.values()].map((waiting) => [...new Set([...foremost(waiting), ...itemsOf(waiting)])]);
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  for (let place = 0; place < longest; place++) {
    for (const queue of queues) {
      const known = queue[place];
      if (known && !mayPassOn(forwarding, now) && !mayPassOn(forwardingShown, now)) return;
      if (known) send(context, [view.leader!], { kind: "ForwardedRequest", signed: known.request });
    }
  }
}
