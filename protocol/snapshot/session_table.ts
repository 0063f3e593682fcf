/** The session table, part of the replicated state (§7.1): the open sessions of each client, and what their commands were answered. */
import type { Entry, Request, SendRequest } from "../entry.ts";
import { type ClientId, type Digest, type LogIndex, logIndex, type Seq } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import type { Answer, Outcome } from "../message.ts";
import { executeRequest, type Executor } from "../operations/execute.ts";
import { applyStatements, createLogTime } from "./log_time.ts";
import { closedOutcome, closeForRoom, openFor, standingOfRegister } from "./registrations.ts";
import type { Kept, Session, SessionBounds, SessionTable } from "./session_types.ts";

export type { SessionTable } from "./session_types.ts";

export const createSessionTable = (bounds: SessionBounds, genesis = logIndex(0)): SessionTable => ({
  ...{ bounds, genesis, clients: new Map(), time: createLogTime() },
});

/**
 * The standing of a request at the applied index: *settled*, whatever becomes of it now it is never executed (§7.3a); `ahead`, which is
 * answered and not ordered; `lagging`, since it rests on what this replica has not applied yet; or open.
 */
export type Standing =
  | { readonly standing: "settled" | "ahead"; readonly answer: Answer }
  | { readonly standing: "open" | "lagging" };

const OPEN: Standing = { standing: "open" };
const LAGGING: Standing = { standing: "lagging" };

/** Returns the standing of `request`, whose digest is `digest`, once the entry at `applied` is applied. */
export function standingOf(table: SessionTable, request: Request, digest: Digest, applied: LogIndex): Standing {
  const client = table.clients.get(request.client);
  if (request.kind === "RegisterSession") {
    const found = standingOfRegister(client, table, request, digest, applied);
    return typeof found === "object" ? { standing: "settled", answer: found } : found === "open" ? OPEN : LAGGING;
  }
  const session = client?.live.get(request.session);
  const refused = (outcome: Outcome): Answer => ({ request: digest, outcome, index: applied, result: EMPTY });
  if (session === undefined) {
    if (request.session > applied) return LAGGING;
    return { standing: "settled", answer: refused(closedOutcome(client, request)) };
  }
  const known = session.answers.get(request.seq);
  if (known) return { standing: "settled", answer: keptAnswer(known, digest) };
  if (request.seq < session.floor) return { standing: "settled", answer: refused("expired") };
  if (request.seq < request.floor + table.bounds.sessionWindow) return OPEN;
  return { standing: "ahead", answer: refused("ahead") };
}

const EMPTY = new Uint8Array(0);

/** Another command under the seq of `kept` was never executed, and is not now (§7.1b). */
function keptAnswer({ digest: executed, index, result }: Kept, digest: Digest): Answer {
  if (executed === digest) return { request: digest, outcome: "applied", index, result };
  return { request: digest, outcome: "conflict", index, result: EMPTY };
}

/**
 * Applies `request`, whose digest is `digest`, in the entry at `index` (§7.1). A register opens a session; a command, or
 * query, moves its session's window by its own floor, then is executed once if its seq is inside.
 */
export function applyRequest(
  table: SessionTable,
  request: Request,
  digest: Digest,
  index: LogIndex,
  machine: Executor,
): Answer {
  if (request.kind === "RegisterSession") return openFor(table, request, digest, index);
  return applyCommand(table, request, digest, index, machine);
}

function applyCommand(
  table: SessionTable,
  request: SendRequest,
  digest: Digest,
  index: LogIndex,
  machine: Executor,
): Answer {
  const client = table.clients.get(request.client);
  const session = client?.live.get(request.session);
  const refused = (outcome: Outcome): Answer => ({ request: digest, outcome, index, result: EMPTY });
  if (client === undefined || session === undefined) return refused(closedOutcome(client, request));
  moveFloor(session, request.floor);
  const { seq } = request;
  const known = session.answers.get(seq);
  if (known) return keptAnswer(known, digest);
  if (seq < session.floor) return refused("expired");
  if (seq >= session.floor + table.bounds.sessionWindow) return refused("ahead");
  const result = executeRequest(machine, request, { index, time: table.time.now });
  keep(session, seq, { digest, index, result }, request.client);
  closeForRoom(client, session);
  return { request: digest, outcome: "applied", index, result };
}

function keep(session: Session, seq: Seq, kept: Kept, client: ClientId): void {
  assertInvariant(!session.answers.has(seq), "I7", `${client} ${session.id} ${seq} applied twice`);
  session.answers.set(seq, kept);
  session.bytes += kept.result.length;
  session.lastUsed = kept.index;
  if (seq > session.highest) session.highest = seq;
}

function moveFloor(session: Session, floor: Seq): void {
  if (floor <= session.floor) return;
  session.floor = floor;
  for (const [seq, { result }] of session.answers) {
    if (seq >= floor) continue;
    session.answers.delete(seq);
    session.bytes -= result.length;
  }
}

/**
 * Applies what replicas state in `entry`, before anything else in it (§15.6a). `needed` of them have to have stated a time for it to come; then the
 * state machine is told.
 */
export function applyTime(
  { time }: SessionTable,
  { index, statements }: Pick<Entry, "index" | "statements">,
  needed: number,
  machine: Pick<Executor, "onTime">,
): void {
  if (statements !== undefined && applyStatements(time, statements, needed)) machine.onTime?.(time.now, index);
}

/** §13.4: drops all that is held of clients whose id the next epoch's roster does not list, and what the replicas of this one stated (§15.7b). */
export function dropUnlisted({ clients, time }: SessionTable, listed: readonly { readonly id: ClientId }[]): void {
  time.stated.clear();
  const ids = new Set(listed.map(({ id }) => id));
  for (const client of clients.keys()) if (!ids.has(client)) clients.delete(client);
}

/** Yields the canonical bytes of the whole table; equal tables give equal bytes (I6). */
export function* sessionBytes(table: SessionTable): Iterable<Uint8Array> {
  const encoder = new TextEncoder();
  const { now, stated } = table.time;
  if (now > 0 || stated.size > 0) {
    const sorted = [...stated].sort(([a], [b]) => a < b ? -1 : 1);
    yield encoder.encode(`time ${now} ${sorted.map(([replica, clock]) => `${replica} ${clock}`).join(" ")}\n`);
  }
  for (const [client, { registerFloor, closed, live }] of [...table.clients].sort(([a], [b]) => a < b ? -1 : 1)) {
    yield encoder.encode(`${client} ${registerFloor} ${[...closed].join(" ")} ${live.size}\n`);
    for (const { id, register, floor, lastUsed, highest, answers } of live.values()) {
      yield encoder.encode(`${id} ${register} ${floor} ${lastUsed} ${highest} ${answers.size}\n`);
      for (const [seq, { digest, index, result }] of [...answers].sort(([a], [b]) => a - b)) {
        yield encoder.encode(`${seq} ${digest} ${index} ${result.length}\n`);
        yield result;
      }
    }
  }
}
