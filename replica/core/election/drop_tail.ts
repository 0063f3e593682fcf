/** Orders anew what a new leader's log holds behind its base (§5.8). */
import type { Request } from "../../../protocol/entry.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { standingOf } from "../../../protocol/snapshot/session_table.ts";
import { poolRequest } from "../clients/request_pool.ts";
import type { Known } from "../clients/waiting.ts";
import type { Context } from "../context.ts";
import { truncate } from "../log/durable.ts";
import { lastIndex, slice } from "../log/log.ts";

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
  for (const { entry } of tail) for (const request of entry.requests ?? []) poolAgain(context, request);
}

/** Queues `request` where it would be queued if it came now; a leader that was faulty may have ordered any. */
function poolAgain({ state, ports }: Context, request: Signed<Request>): void {
  if (!state.config.clients.has(request.message.client)) return;
  const known: Known = { request, digest: ports.hash(request.body) };
  const { standing } = standingOf(state.sessions, request.message, known.digest, state.appliedIndex);
  if (standing === "open") poolRequest(state, known);
}
