/** Orders anew what a new leader's log holds behind its base (§5.8). */
import type { Context } from "../context.ts";
import type { SendRequest } from "../../../protocol/entry.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { statusOf } from "../../../protocol/snapshot/session_table.ts";
import { poolRequest } from "../clients/request_pool.ts";
import { truncate } from "../log/durable.ts";
import { lastIndex, slice } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import type { Signed } from "../../../protocol/signed.ts";

/**
 * Takes the entries behind `base` off the log: nobody is known to hold them, and behind its base a leader orders entries of its own term alone
 * (§3.1). Their requests are queued again; what the highest certificate covers is kept aside (§6.8).
 */
export function dropTail(context: Context, base: LogIndex): void {
  const { state } = context;
  const after = Math.max(base, state.commitIndex) as LogIndex;
  const tail = slice(state.log, after, lastIndex(state.log));
  truncate(context, after);
  state.requests.proposed.clear();
  for (const { entry } of tail) for (const request of entry.requests ?? []) poolAgain(state, request);
}

/** Queues `request` where it would be queued if it came now; a leader that was faulty may have ordered any. */
function poolAgain(state: CoreState, request: Signed<SendRequest>): void {
  const { client, seq, floor } = request.message;
  const { clients, constants } = state.config;
  if (!clients.has(client) || seq >= floor + constants.sessionWindow) return;
  if (statusOf(state.sessions, client, seq).status === "open") poolRequest(state, request);
}
