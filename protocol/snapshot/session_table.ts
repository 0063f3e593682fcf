/** The session table, part of the replicated state (§7.1): each client's answers and the position of its window. */
import type { SendRequest } from "../entry.ts";
import type { ClientId, LogIndex, Seq } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { Answer } from "../message.ts";

export interface Session {
  /** Low edge of the window; moved only by the client's own signed floor. */
  floor: Seq;
  /** Answers to the window's applied seqs. */
  readonly answers: Map<Seq, Answer>;
}

export interface SessionTable {
  /** W, a roster constant. */
  readonly window: number;
  readonly sessions: Map<ClientId, Session>;
}

export const createSessionTable = (window: number): SessionTable => ({ window, sessions: new Map() });

/** The status of a seq: already answered, below the window, or open. */
export type SeqStatus =
  | { readonly status: "answered"; readonly answer: Answer }
  | { readonly status: "expired" | "open" };

/** Returns the status of `seq` of `client` at the applied index. A seq answered or expired is *settled* (§7.3). */
export function statusOf(table: SessionTable, client: ClientId, seq: Seq): SeqStatus {
  const answer = table.sessions.get(client)?.answers.get(seq);
  if (answer) return { status: "answered", answer };
  return { status: seq < floorOf(table, client) ? "expired" : "open" };
}

/** Returns the low edge of the client's window; 0 before its first request. */
export const floorOf = (table: SessionTable, client: ClientId): Seq => table.sessions.get(client)?.floor ?? (0 as Seq);

/**
 * Settles `request`, ordered at `index`: moves the window to the request's floor, then applies the request once if its seq is inside
 * (§7.1). A repeated seq keeps its first answer, whatever its command.
 */
export function applyRequest(
  table: SessionTable,
  request: SendRequest,
  index: LogIndex,
  execute: (command: Uint8Array) => Uint8Array,
): Answer {
  const session = openSession(table, request.client);
  moveFloor(session, request.floor);
  const { seq } = request;
  const known = session.answers.get(seq);
  if (known) return known;
  const refused = seq < session.floor ? "expired" : seq >= session.floor + table.window ? "ahead" : null;
  if (refused) return { seq, index, outcome: refused, result: new Uint8Array(0), floor: session.floor };
  const result = execute(request.command);
  assertInvariant(result.length <= LIMITS.maxResultBytes, "internal", `a result has ${result.length} bytes`);
  const answer: Answer = { seq, index, outcome: "applied", result, floor: session.floor };
  assertInvariant(!session.answers.has(seq), "I7", `${request.client} ${seq} applied twice`);
  session.answers.set(seq, answer);
  return answer;
}

function openSession(table: SessionTable, client: ClientId): Session {
  const existing = table.sessions.get(client);
  if (existing) return existing;
  const session: Session = { floor: 0 as Seq, answers: new Map() };
  table.sessions.set(client, session);
  return session;
}

function moveFloor(session: Session, floor: Seq): void {
  if (floor <= session.floor) return;
  session.floor = floor;
  for (const seq of session.answers.keys()) if (seq < floor) session.answers.delete(seq);
}

/** Yields the canonical bytes of the whole table; equal tables give equal bytes (I6). */
export function* sessionBytes(table: SessionTable): Iterable<Uint8Array> {
  const encoder = new TextEncoder();
  for (const client of [...table.sessions.keys()].sort()) {
    const session = table.sessions.get(client)!;
    yield encoder.encode(`${client} ${session.floor} ${session.answers.size}\n`);
    for (const seq of [...session.answers.keys()].sort((a, b) => a - b)) {
      const { index, outcome, result, floor } = session.answers.get(seq)!;
      yield encoder.encode(`${seq} ${index} ${outcome} ${floor} ${result.length}\n`);
      yield result;
    }
  }
}
