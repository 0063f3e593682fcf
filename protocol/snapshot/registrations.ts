/** Opening and closing a client's sessions (§7.1): a bounded number each, the least recently used by log index goes. */
import type { RegisterSession, SendRequest } from "../entry.ts";
import type { Digest, LogIndex, Seq } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { Answer, Outcome } from "../message.ts";
import type { ClientSessions, Session, SessionBounds, SessionTable } from "./session_types.ts";

const EMPTY = new Uint8Array(0);

export const createClientSessions = (): ClientSessions => ({
  registerFloor: 0 as LogIndex,
  live: new Map(),
  closed: new Map(),
});

/** A session that nothing was executed in. */
const emptySession = (id: LogIndex, register: Digest): Session => ({
  ...{ id, register, floor: 1 as Seq, lastUsed: id, highest: 0 as Seq, answers: new Map(), bytes: 0 },
});

/** The answer to a register that is settled once the entry at `applied` is applied, or where it stands. */
export function standingOfRegister(
  client: ClientSessions | undefined,
  { bounds, genesis }: Pick<SessionTable, "bounds" | "genesis">,
  { base }: RegisterSession,
  digest: Digest,
  applied: LogIndex,
): Answer | "open" | "lagging" {
  const open = openedBy(client, digest);
  if (open) return { request: digest, outcome: "applied", index: open.id, result: EMPTY };
  if (base > applied) return "lagging";
  // For good: neither the log nor the floor ever goes back.
  const isVoid = reaches(base, bounds) <= applied || base < (client?.registerFloor ?? 0) || base < genesis;
  return isVoid ? { request: digest, outcome: "void", index: applied, result: EMPTY } : "open";
}

/** Highest index at which a register with `base` opens a session. */
export const reaches = (base: LogIndex, { registrationHorizon }: SessionBounds): number => base + registrationHorizon;

/**
 * Applies a register in the entry at `index`. One register opens one session and never another: while that is open it is answered with it, and
 * once it is closed the register's base lies below the register floor.
 */
export function openFor(
  { clients, bounds, genesis }: SessionTable,
  register: RegisterSession,
  digest: Digest,
  index: LogIndex,
): Answer {
  const client = clients.get(register.client) ?? createClientSessions();
  const open = openedBy(client, digest);
  if (open) return { request: digest, outcome: "applied", index: open.id, result: EMPTY };
  const { base } = register;
  const late = base < genesis || base >= index || index > reaches(base, bounds) || base < client.registerFloor;
  if (late || client.live.has(index)) return { request: digest, outcome: "void", index, result: EMPTY };
  while (client.live.size >= bounds.sessionsPerClient) close(client, leastRecentlyUsed(client, null)!);
  assertInvariant(!client.closed.has(index), "I7", `${register.client} opens session ${index}, which was closed`);
  client.live.set(index, emptySession(index, digest));
  clients.set(register.client, client);
  return { request: digest, outcome: "applied", index, result: EMPTY };
}

function openedBy(client: ClientSessions | undefined, digest: Digest): Session | null {
  for (const session of client?.live.values() ?? []) if (session.register === digest) return session;
  return null;
}

/** Returns the outcome that can truly be told of a command whose session is not open (§7.1e). */
export function closedOutcome(client: ClientSessions | undefined, { session, seq }: SendRequest): Outcome {
  const highest = client?.closed.get(session);
  return highest !== undefined && seq > highest ? "unexecuted" : "unknown";
}

/** Closes other sessions of the client while their results and those of `used`, which has just executed a command, are too many bytes. */
export function closeForRoom(client: ClientSessions, used: Session): void {
  let bytes = 0;
  for (const session of client.live.values()) bytes += session.bytes;
  while (bytes > LIMITS.maxSessionBytes) {
    const oldest = leastRecentlyUsed(client, used);
    if (oldest === null) return;
    bytes -= oldest.bytes;
    close(client, oldest);
  }
}

/** The open session whose last execution is the longest ago, of several the one opened first; `except` is not looked at. */
function leastRecentlyUsed({ live }: ClientSessions, except: Session | null): Session | null {
  let oldest: Session | null = null;
  for (const session of live.values()) {
    if (session !== except && (oldest === null || session.lastUsed < oldest.lastUsed)) oldest = session;
  }
  return oldest;
}

function close(client: ClientSessions, { id, highest }: Session): void {
  client.live.delete(id);
  if (id > client.registerFloor) client.registerFloor = id;
  client.closed.set(id, highest);
  for (const oldest of client.closed.keys()) {
    if (client.closed.size <= LIMITS.maxClosedSessions) return;
    client.closed.delete(oldest);
  }
}
