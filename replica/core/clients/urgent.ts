/** Commands that were shown to a leader, and go into its next entry before their clients' others (§14.7e). */
import type { SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, LogIndex } from "../../../protocol/ids.ts";
import type { CoreState } from "../state.ts";
import type { RequestState } from "./request_state.ts";
import type { Known } from "./waiting.ts";

/** Marks the queued command of this session and seq as urgent; of a session only the last one marked is. */
export function markUrgent({ requests: { pool, urgent } }: CoreState, { client, session, seq }: SendRequest): void {
  const known = pool.get(client)?.get(session)?.get(seq);
  if (known === undefined) return;
  const marked = urgent.get(client) ?? new Map<LogIndex, Known>();
  urgent.set(client, marked.set(session, known));
}

/** Returns whether the command of this session and seq is marked and waits. */
export const isUrgent = ({ requests }: CoreState, { client, session, seq }: SendRequest): boolean =>
  urgentOf(requests, client).some(({ request: { message } }) =>
    message.kind === "SendRequest" && message.session === session && message.seq === seq
  );

/** Returns what is urgent of a client, and forgets what is not queued any more. */
export function urgentOf({ pool, urgent }: RequestState, client: ClientId): readonly Known[] {
  const marked = urgent.get(client);
  if (marked === undefined) return [];
  for (const [session, known] of marked) {
    const { message } = known.request;
    const queued = message.kind === "SendRequest" && pool.get(client)?.get(session)?.get(message.seq) === known;
    if (!queued) marked.delete(session);
  }
  if (marked.size === 0) urgent.delete(client);
  return [...marked.values()];
}
