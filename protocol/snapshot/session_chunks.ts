/**
 * The session table as chunks of a snapshot (§7.1, §8.3): clients in ascending order, each in chunks of its own, so that the chunks of an
 * idle client do not change. Equal tables give equal chunks, and each table has exactly one sequence of chunks.
 *
 * A chunk: `u16 length, client id`, `u64 floor`, then answers in ascending order of their seqs, each `u64 seq`, `u64 index`, `u64 floor`,
 * `u32 length, result`. All have the outcome "applied": no others are kept. A client's answers continue in its next chunk if one more
 * would make a chunk longer than {@linkcode SESSION_CHUNK_BYTES}; only a chunk with a single answer may be longer.
 */
import { ByteWriter } from "../bytes/byte_writer.ts";
import type { ClientId, Seq } from "../ids.ts";
import { assertInvariant } from "../invariant.ts";
import type { Answer } from "../message.ts";
import type { SessionTable } from "./session_table.ts";

/** Maximum bytes of a chunk that holds more than one answer. */
export const SESSION_CHUNK_BYTES = 64 * 1024;
/** Bytes of an answer besides its result: seq, index, floor and the result's length. */
const ANSWER_FRAMING = 8 + 8 + 8 + 4;

const UTF8 = new TextEncoder();

/** One client's session as it was when it was frozen. */
export interface FrozenSession {
  readonly client: ClientId;
  readonly floor: Seq;
  /** In no particular order. */
  readonly answers: readonly Answer[];
}

/** A session table as it was when it was frozen, clients ascending. */
export type FrozenSessions = readonly FrozenSession[];

/** Returns the present table, unaffected by later changes. Costs one reference for each answer. */
export function freezeSessions(table: SessionTable): FrozenSessions {
  const sessions = [...table.sessions].map(([client, { floor, answers }]) => {
    return { client, floor, answers: [...answers.values()] };
  });
  return sessions.sort((a, b) => a.client < b.client ? -1 : 1);
}

/** Yields the chunks of a table in order, each made on demand; at most `LIMITS.maxChunkBytes` long. */
export function* sessionChunks(frozen: FrozenSessions): Generator<Uint8Array, void> {
  for (const session of frozen) yield* chunksOf(session);
}

/** Returns the bytes of an answer in its chunk. */
export const answerBytes = ({ result }: Answer): number => ANSWER_FRAMING + result.length;

function* chunksOf({ client, floor, answers }: FrozenSession): Generator<Uint8Array, void> {
  const begin = () => writeHeader(client, floor);
  let writer = begin();
  let held = 0;
  for (const answer of answers.toSorted((a, b) => a.seq - b.seq)) {
    if (held > 0 && writer.size + answerBytes(answer) > SESSION_CHUNK_BYTES) {
      yield writer.finish();
      writer = begin();
      held = 0;
    }
    writeAnswer(writer, answer);
    held++;
  }
  yield writer.finish();
}

function writeHeader(client: ClientId, floor: Seq): ByteWriter {
  const id = UTF8.encode(client);
  return new ByteWriter().u16(id.length).raw(id).u64(floor);
}

function writeAnswer(writer: ByteWriter, { seq, index, outcome, floor, result }: Answer): void {
  assertInvariant(outcome === "applied", "internal", `seq ${seq}, which is ${outcome}, has an answer in its session`);
  writer.u64(seq).u64(index).u64(floor).bytes(result);
}
