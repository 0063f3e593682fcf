/** Reads a session table from the chunks of a snapshot, as `session_chunks.ts` makes them (§7.1, §8.3). */
import { ByteReader } from "../bytes/byte_reader.ts";
import { type ClientId, clientId, digest, type LogIndex, logIndex, replicaId, type Seq, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { createClientSessions } from "./registrations.ts";
import { CLIENT_CHUNK, keptBytes, SESSION_CHUNK, SESSION_CHUNK_BYTES, TIME_CHUNK } from "./session_chunks.ts";
import { createSessionTable, type SessionTable } from "./session_table.ts";
import type { ClientSessions, Kept, Session, SessionBounds } from "./session_types.ts";

/** State of reading: the chunk read last decides what may follow. */
interface Reading {
  readonly table: SessionTable;
  client: { readonly id: ClientId; readonly sessions: ClientSessions } | null;
  /** Of the chunk before, if it was a session's: its length and last seq; null where it holds none. */
  before: { readonly session: Session; readonly bytes: number; readonly seq: Seq | null } | null;
}

/**
 * The table in `chunks`, with these bounds, in the epoch whose genesis has this index. Throws a RangeError that names the first fault unless they are exactly the chunks of a
 * table that requests can have made.
 */
export function readSessions(chunks: Iterable<Uint8Array>, bounds: SessionBounds, genesis?: LogIndex): SessionTable {
  const reading: Reading = { table: createSessionTable(bounds, genesis), client: null, before: null };
  let at = 0;
  for (const bytes of chunks) {
    try {
      takeChunk(reading, bytes);
    } catch (fault) {
      throw fault instanceof RangeError ? new RangeError(`Session chunk ${at} ${fault.message}`) : fault;
    }
    at++;
  }
  if (hasNoSession(reading.client)) throw new RangeError(`Session chunk ${at - 1} ends the table with no session`);
  return reading.table;
}

function takeChunk(reading: Reading, bytes: Uint8Array): void {
  if (bytes.length > LIMITS.maxChunkBytes) {
    throw new RangeError(`has ${bytes.length} bytes, at most ${LIMITS.maxChunkBytes} are allowed`);
  }
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  if (kind === TIME_CHUNK) return takeTime(reading, reader);
  const client = clientId(reader.text(1, LIMITS.maxIdBytes));
  if (reader.failed || kind > SESSION_CHUNK) throw new RangeError("does not begin with its kind and a client");
  if (kind === CLIENT_CHUNK) return takeClient(reading, client, reader);
  takeSession(reading, client, reader, bytes.length);
}

function takeTime({ table, client }: Reading, reader: ByteReader): void {
  const { time } = table;
  if (client !== null || time.now > 0 || time.stated.size > 0) {
    throw new RangeError("holds log time behind the first chunk");
  }
  time.now = reader.u64();
  let last = "";
  while (reader.more) {
    const [replica, clock] = [replicaId(reader.text(1, LIMITS.maxIdBytes)), reader.u64()];
    if (reader.failed || replica <= last || clock <= time.now || time.stated.size === LIMITS.maxReplicas) {
      throw new RangeError(`states something of log time that cannot be, behind ${time.stated.size} good ones`);
    }
    time.stated.set(replica, clock);
    last = replica;
  }
  if (!reader.done || (time.now === 0 && time.stated.size === 0)) throw new RangeError("holds no log time");
}

function takeClient(reading: Reading, id: ClientId, reader: ByteReader): void {
  const { table, client: before } = reading;
  if (before !== null && id <= before.id) {
    throw new RangeError(`holds client ${id} behind ${before.id}, clients must ascend`);
  }
  if (hasNoSession(before)) throw new RangeError(`follows client ${before!.id}, who has no session`);
  if (table.clients.size === LIMITS.maxClients) {
    throw new RangeError(`holds one client too many, at most ${LIMITS.maxClients} are allowed`);
  }
  const sessions = createClientSessions();
  sessions.registerFloor = logIndex(reader.u64());
  while (reader.more) readClosed(sessions, logIndex(reader.u64()), seq(reader.u64()));
  if (!reader.done) throw new RangeError("ends inside the closed sessions of a client or holds malformed ones");
  checkFloor(sessions);
  table.clients.set(id, sessions);
  reading.client = { id, sessions };
  reading.before = null;
}

const hasNoSession = (client: Reading["client"]): boolean =>
  client !== null && client.sessions.live.size + client.sessions.closed.size === 0;

function readClosed({ closed }: ClientSessions, id: LogIndex, highest: Seq): void {
  if (id < 1 || closed.has(id)) throw new RangeError(`closes session ${id}, ids are above 0 and closed once`);
  if (closed.size === LIMITS.maxClosedSessions) {
    throw new RangeError(`closes one session too many, at most ${LIMITS.maxClosedSessions} are remembered`);
  }
  closed.set(id, highest);
}

/** The floor is the highest id ever closed; that one is forgotten only where others were closed since. */
function checkFloor({ registerFloor, closed }: ClientSessions): void {
  const highest = Math.max(0, ...closed.keys());
  const holds = closed.size < LIMITS.maxClosedSessions ? registerFloor === highest : registerFloor >= highest;
  if (!holds) {
    throw new RangeError(`says the register floor is ${registerFloor}, the highest session closed ${highest}`);
  }
}

function takeSession(reading: Reading, id: ClientId, reader: ByteReader, bytes: number): void {
  const { client, before, table } = reading;
  if (client?.id !== id) throw new RangeError(`holds a session of client ${id}, whose own chunk is not before it`);
  const session = readSession(reader);
  const goesOn = before?.session.id === session.id ? before : null;
  if (goesOn) checkSame(goesOn.session, session);
  else openSession(client.sessions, session, table.bounds);
  const held = goesOn?.session ?? session;
  const answers = readAnswers(
    reader,
    goesOn?.seq ?? null,
    (number, kept) => checkKept(held, number, kept, table.bounds),
  );
  checkCut(goesOn, answers, bytes);
  for (const [number, kept] of answers) {
    held.answers.set(number, kept);
    held.bytes += kept.result.length;
  }
  reading.before = { session: held, bytes, seq: answers.at(-1)?.[0] ?? null };
}

function readSession(reader: ByteReader): Session {
  const id = logIndex(reader.u64());
  const register = digest(reader.digest());
  const [floor, lastUsed, highest] = [seq(reader.u64()), logIndex(reader.u64()), seq(reader.u64())];
  if (reader.failed) throw new RangeError("does not begin with a session");
  if (id < 1 || floor < 1 || lastUsed < id || (highest === 0 && lastUsed !== id)) {
    throw new RangeError(`holds session ${id} with floor ${floor}, last used at ${lastUsed}, highest seq ${highest}`);
  }
  return { id, register, floor, lastUsed, highest, answers: new Map(), bytes: 0 };
}

function openSession({ live, closed }: ClientSessions, session: Session, { sessionsPerClient }: SessionBounds): void {
  const last = [...live.keys()].at(-1) ?? 0;
  if (session.id <= last) throw new RangeError(`holds session ${session.id} behind ${last}, sessions must ascend`);
  if (closed.has(session.id)) throw new RangeError(`holds session ${session.id}, which is closed`);
  if (live.size === sessionsPerClient) {
    throw new RangeError(`holds one session too many, at most ${sessionsPerClient} are open at a time`);
  }
  live.set(session.id, session);
}

function checkSame(before: Session, now: Session): void {
  const same = before.register === now.register && before.floor === now.floor && before.lastUsed === now.lastUsed &&
    before.highest === now.highest;
  if (!same) throw new RangeError(`says of session ${now.id} something else than the chunk before it`);
}

type Numbered = readonly [Seq, Kept];

function readAnswers(reader: ByteReader, last: Seq | null, check: (number: Seq, kept: Kept) => void): Numbered[] {
  const answers: Numbered[] = [];
  let before = last;
  while (reader.more) {
    const [number, kept] = readKept(reader);
    if (reader.failed) break;
    if (before !== null && number <= before) {
      throw new RangeError(`holds seq ${number} behind ${before}, seqs must ascend`);
    }
    check(number, kept);
    answers.push([number, kept]);
    before = number;
  }
  if (reader.done) return answers;
  throw new RangeError(`ends inside an answer or holds a malformed one, behind ${answers.length} good ones`);
}

/** The result is a copy: a view would keep the whole chunk. */
function readKept(reader: ByteReader): Numbered {
  const [number, index, executed] = [seq(reader.u64()), logIndex(reader.u64()), digest(reader.digest())];
  const result = reader.bytes(LIMITS.maxAnswerBytes).slice();
  return [number, { digest: executed, index, result }];
}

/** Checks that an executed command is inside the window, and no later than the last. */
function checkKept(session: Session, number: Seq, { index }: Kept, { sessionWindow }: SessionBounds): void {
  const { id, floor, lastUsed, highest } = session;
  if (number < floor || number >= floor + sessionWindow) {
    throw new RangeError(`holds seq ${number}, outside the window of ${sessionWindow} from ${floor}`);
  }
  if (number > highest) throw new RangeError(`holds seq ${number}, the highest executed is ${highest}`);
  if (index < id || index > lastUsed) {
    throw new RangeError(`says seq ${number} was executed at ${index}, in session ${id} last used at ${lastUsed}`);
  }
}

/** There is one way only to cut a session's executed commands into chunks. */
function checkCut(goesOn: Reading["before"], answers: readonly Numbered[], bytes: number): void {
  if (answers.length > 1 && bytes > SESSION_CHUNK_BYTES) {
    throw new RangeError(
      `has ${bytes} bytes in ${answers.length} answers, more than ${SESSION_CHUNK_BYTES} are allowed to one only`,
    );
  }
  if (goesOn === null) return;
  const first = answers[0];
  if (first === undefined) throw new RangeError("goes on with a session and holds none of its answers");
  if (goesOn.seq !== null && goesOn.bytes + keptBytes(first[1]) > SESSION_CHUNK_BYTES) return;
  throw new RangeError(`begins with seq ${first[0]}, which has room in the chunk before it`);
}
