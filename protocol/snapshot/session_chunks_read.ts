/** Reading of a session table from the chunks of a snapshot, as `session_chunks.ts` makes them (§7.1, §8.3). */
import { ByteReader } from "../bytes/byte_reader.ts";
import { type ClientId, clientId, logIndex, type Seq, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { Answer } from "../message.ts";
import { answerBytes, SESSION_CHUNK_BYTES } from "./session_chunks.ts";
import { createSessionTable, type Session, type SessionTable } from "./session_table.ts";

/** The facts about a chunk that the next one is checked against. */
interface Before {
  readonly client: ClientId;
  readonly bytes: number;
  /** Seq of its last answer; null if it has none. */
  readonly seq: Seq | null;
}

/**
 * Returns the table in `chunks`, with the window size `window`. Throws a RangeError that names the first fault unless they are exactly the
 * chunks of a table that requests can have produced.
 */
export function readSessions(chunks: Iterable<Uint8Array>, window: number): SessionTable {
  const table = createSessionTable(window);
  let before: Before | null = null;
  let at = 0;
  for (const bytes of chunks) {
    try {
      before = takeChunk(table, before, bytes);
    } catch (fault) {
      throw fault instanceof RangeError ? new RangeError(`Session chunk ${at} ${fault.message}`) : fault;
    }
    at++;
  }
  return table;
}

function takeChunk(table: SessionTable, before: Before | null, bytes: Uint8Array): Before {
  if (bytes.length > LIMITS.maxChunkBytes) {
    throw new RangeError(`has ${bytes.length} bytes, at most ${LIMITS.maxChunkBytes} are allowed`);
  }
  const reader = new ByteReader(bytes);
  const client = clientId(reader.text(1, LIMITS.maxIdBytes));
  const floor = seq(reader.u64());
  if (reader.failed) throw new RangeError("does not begin with a client and its floor");
  const goesOn = before?.client === client ? before : null;
  const session = goesOn ? sessionGoingOn(table, client, floor) : openSession(table, before, client, floor);
  const answers = readAnswers(reader, goesOn?.seq ?? null, (answer) => checkWindow(answer, floor, table.window));
  checkCut(goesOn, answers, bytes.length);
  for (const answer of answers) session.answers.set(answer.seq, answer);
  return { client, bytes: bytes.length, seq: answers.at(-1)?.seq ?? null };
}

function openSession(table: SessionTable, before: Before | null, client: ClientId, floor: Seq): Session {
  if (before !== null && client < before.client) {
    throw new RangeError(`holds client ${client} behind ${before.client}, clients must ascend`);
  }
  if (table.sessions.size === LIMITS.maxClients) {
    throw new RangeError(`holds one client too many, at most ${LIMITS.maxClients} are allowed`);
  }
  const session: Session = { floor, answers: new Map() };
  table.sessions.set(client, session);
  return session;
}

function sessionGoingOn(table: SessionTable, client: ClientId, floor: Seq): Session {
  const session = table.sessions.get(client)!;
  if (session.floor === floor) return session;
  throw new RangeError(`gives client ${client} floor ${floor}, the chunk before it floor ${session.floor}`);
}

function readAnswers(reader: ByteReader, last: Seq | null, check: (answer: Answer) => void): Answer[] {
  const answers: Answer[] = [];
  let before = last;
  while (reader.more) {
    const answer = readAnswer(reader);
    if (reader.failed) break;
    if (before !== null && answer.seq <= before) {
      throw new RangeError(`holds seq ${answer.seq} behind ${before}, seqs must ascend`);
    }
    check(answer);
    answers.push(answer);
    before = answer.seq;
  }
  if (reader.done) return answers;
  throw new RangeError(`ends inside an answer or holds a malformed one, behind ${answers.length} good ones`);
}

/** Reads an answer. Its result is a copy: a view would keep the whole chunk alive. */
function readAnswer(reader: ByteReader): Answer {
  const [number, index, floor] = [seq(reader.u64()), logIndex(reader.u64()), seq(reader.u64())];
  const result = reader.bytes(LIMITS.maxResultBytes).slice();
  return { seq: number, index, outcome: "applied", result, floor };
}

/** Checks that an answer is inside the present window and was inside it when applied, and that the window never moved back. */
function checkWindow(answer: Answer, floor: Seq, window: number): void {
  if (answer.seq < floor || answer.seq >= floor + window) {
    throw new RangeError(`holds seq ${answer.seq}, outside the window of ${window} from ${floor}`);
  }
  if (answer.floor > floor || answer.seq >= answer.floor + window) {
    throw new RangeError(
      `says seq ${answer.seq} was applied at floor ${answer.floor}, with a window of ${window} now at ${floor}`,
    );
  }
  if (answer.index < 1) throw new RangeError(`says seq ${answer.seq} was applied at index 0`);
}

/** Checks the only valid division of a client's answers into chunks. */
function checkCut(goesOn: Before | null, answers: readonly Answer[], bytes: number): void {
  if (answers.length > 1 && bytes > SESSION_CHUNK_BYTES) {
    throw new RangeError(
      `has ${bytes} bytes in ${answers.length} answers, more than ${SESSION_CHUNK_BYTES} are allowed to one only`,
    );
  }
  if (goesOn === null) return;
  const first = answers[0];
  if (first === undefined) throw new RangeError("goes on with a client and holds none of its answers");
  if (goesOn.seq !== null && goesOn.bytes + answerBytes(first) > SESSION_CHUNK_BYTES) return;
  throw new RangeError(`begins with seq ${first.seq}, which has room in the chunk before it`);
}
