/** Answers given outside the log: committed commands and fast reads (§7.4, §11). */
import type { Request } from "../../protocol/entry.ts";
import type { ClientId, LogIndex } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { accessOf, readsEverything } from "../../protocol/operations/access.ts";
import type { Feed, GetFeed } from "../../protocol/operations/feed.ts";
import type { Ports, QueryContext, RosterChanges } from "../../protocol/ports.ts";
import type { Signed } from "../../protocol/signed.ts";
import { queryResultCodec } from "../../transport/codec/mod.ts";
import { holdsState } from "../core/epochs/holds_state.ts";
import { hasStopped } from "../core/epochs/stop_sign.ts";
import { entryAt } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";
import type { QueryAnswer } from "./replier.ts";

const UTF8 = new TextEncoder();

/** The part of a core's ports that reads rest on. */
export type Answering = Pick<Ports, "machine" | "changes">;

/** §13.4: others may answer in the next epoch already. */
const ENDING = "this epoch is ending: ask again in the next one";

/** §13.7: it is a member already. */
const FETCHING = "this replica is fetching the state that its epoch began with";

const contextOf = ({ current }: RosterChanges, client: ClientId): QueryContext => ({
  ...{ client, access: accessOf(current, client) },
});

/** Returns the refusal of what shows the whole log or state to a client that may not read all of it; null if it may. */
export const wholeDenied = ({ current }: RosterChanges, client: ClientId, what: string): QueryAnswer | null =>
  readsEverything(accessOf(current, client))
    ? null
    : refusal(`client ${client} may not read all keys, which ${what} needs, by the roster in force`, { denied: 1 });

/** Returns an answer in JSON. */
export const jsonAnswer = (value: unknown): QueryAnswer => ({ ok: true, payload: UTF8.encode(JSON.stringify(value)) });

/** Returns a refusal with its reason, and further numbers. */
export const refusal = (error: string, more: Readonly<Record<string, number>> = {}): QueryAnswer => ({
  ok: false,
  payload: UTF8.encode(JSON.stringify({ error, ...more })),
});

/** Returns a command, query or group with its session and seq, or a register with its base. */
function asJson({ message }: Signed<Request>): object {
  if (message.kind === "RegisterSession") return { client: message.client, base: message.base };
  const { client, session, seq, mode, command } = message;
  return { client, session, seq, mode, command: command.toBase64() };
}

/** Returns the entry committed at `index`, equal on all honest replicas, or that there is none here yet. */
export function committedCommand(state: CoreState, changes: RosterChanges, index: LogIndex): QueryAnswer {
  const { log, commitIndex } = state;
  if (!holdsState(state)) return refusal(FETCHING);
  if (hasStopped(state, changes)) return refusal(ENDING);
  if (index === 0 || index > commitIndex) return jsonAnswer({ index, none: true, commitIndex });
  const chained = entryAt(log, index);
  if (chained === undefined) return refusal(`entry ${index} is committed but no longer kept here`);
  const { entry, hash } = chained;
  const statements = entry.statements?.map(({ message: { replica, clock } }) => ({ replica, clock }));
  const commands = (entry.requests ?? []).map(asJson);
  return jsonAnswer({ index, term: entry.term, hash, commands, ...(statements === undefined ? {} : { statements }) });
}

/**
 * §7.4: answers a read from the applied state; only if the roster enables fast reads, and not before a restarted replica has applied its
 * log again, or a learner has applied again all it answered before it lost its disk (§8.4).
 */
export function fastRead(
  state: CoreState,
  { machine, changes }: Answering,
  client: ClientId,
  query: Uint8Array,
): QueryAnswer {
  if (!state.config.constants.fastReads) return refusal("the roster does not enable fast reads");
  if (state.appliedIndex < state.replayUntil) return refusal("this replica is still applying its log after a restart");
  if (state.hard.recovery !== null) return refusal("this replica lost its disk and is a learner");
  if (!holdsState(state)) return refusal(FETCHING);
  if (hasStopped(state, changes)) return refusal(ENDING);
  return { ok: true, payload: queryResultCodec.encode(machine.query(query, contextOf(changes, client))) };
}

/**
 * §7.6: returns what the machine has to say to a watch, or null while that is nothing, and a refusal where this replica cannot vouch for its state: before a
 * restarted replica has applied its log again, while a learner or a newcomer has no state, and behind a stop-sign.
 */
export function feedAnswer(
  state: CoreState,
  { machine, changes }: Answering,
  { client, watch }: Pick<GetFeed, "client" | "watch">,
  after: number,
): Feed | QueryAnswer | null {
  if (machine.feed === undefined) return refusal("the state machine of this cluster has no feeds");
  if (state.appliedIndex < state.replayUntil) return refusal("this replica is still applying its log after a restart");
  if (state.hard.recovery !== null) return refusal("this replica lost its disk and is a learner");
  if (!holdsState(state)) return refusal(FETCHING);
  if (hasStopped(state, changes)) return refusal(ENDING);
  return machine.feed(watch, after, contextOf(changes, client));
}

/** Returns the answers to the first of `queries`, until they are longer than `LIMITS.readBytes`; none where a fast read is refused. */
export function fastReads(
  state: CoreState,
  ports: Answering,
  client: ClientId,
  queries: readonly Uint8Array[],
): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let bytes = 0;
  for (const query of queries) {
    if (bytes > LIMITS.readBytes) break;
    const { ok, payload } = fastRead(state, ports, client, query);
    if (!ok) break;
    payloads.push(payload);
    bytes += payload.length;
  }
  return payloads;
}
