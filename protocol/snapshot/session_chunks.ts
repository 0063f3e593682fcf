/**
 * The session table as chunks of a snapshot (§7.1, §8.3): clients in ascending order, each with a chunk of its own and then its open sessions,
 * ascending, in chunks of their own, so that the chunks of a client or session that rests do not change. Equal tables give equal chunks, and
 * each table has one sequence of chunks only.
 *
 * Where log time has moved, or anything was stated (§15.7), a chunk of that comes first: `u8 2`, `u64 log time`, then what replicas have stated
 * above it by ascending ids, each `u16 length, replica id`, `u64 reading`.
 *
 * A client's chunk: `u8 0`, `u16 length, client id`, `u64 register floor`, then its closed sessions in the order they were closed, each
 * `u64 id`, `u64 highest seq executed`.
 *
 * A session's chunk: `u8 1`, `u16 length, client id`, `u64 id`, `32 bytes digest of its register`, `u64 floor`, `u64 last used`,
 * `u64 highest seq executed`, then executed commands in ascending order of their seqs, each `u64 seq`, `u64 index`, `32 bytes digest`,
 * `u32 length, result`. They go on in the session's next chunk where one more would make a chunk longer than
 * {@linkcode SESSION_CHUNK_BYTES}; a single one may.
 */
import { ByteWriter } from "../bytes/byte_writer.ts";
import type { ClientId, Millis, ReplicaId, Seq } from "../ids.ts";
import type { SessionTable } from "./session_table.ts";
import type { ClientSessions, Kept, Session } from "./session_types.ts";

/** Bytes of a chunk that holds more than one executed command. */
export const SESSION_CHUNK_BYTES = 64 * 1024;
/** First byte of a client's chunk, of a session's, and of that of log time. */
export const CLIENT_CHUNK = 0;
export const SESSION_CHUNK = 1;
export const TIME_CHUNK = 2;
/** Seq, index, digest and length of a result. */
const KEPT_FRAMING = 8 + 8 + 32 + 4;

const UTF8 = new TextEncoder();

/** One session as it was. */
export interface FrozenSession extends Omit<Session, "answers" | "bytes"> {
  /** In no certain order. */
  readonly answers: readonly (readonly [Seq, Kept])[];
}

/** One client's sessions as they were. */
export interface FrozenClient extends Pick<ClientSessions, "registerFloor"> {
  readonly client: ClientId;
  readonly closed: readonly (readonly [number, Seq])[];
  readonly live: readonly FrozenSession[];
}

/** Log time as it was, where there is anything to say of it; replicas ascending. */
export interface FrozenTime {
  readonly time: Millis;
  readonly stated: readonly (readonly [ReplicaId, Millis])[];
}

/** A session table as it was, clients ascending behind log time. */
export type FrozenSessions = readonly (FrozenClient | FrozenTime)[];

/** The present table; later changes of it do not show. Costs a reference for each executed command. */
export function freezeSessions(table: SessionTable): FrozenSessions {
  const clients = [...table.clients].map(([client, { registerFloor, closed, live }]) => ({
    ...{ client, registerFloor, closed: [...closed] },
    live: [...live.values()].map(({ answers, bytes: _, ...session }) => ({ ...session, answers: [...answers] })),
  }));
  clients.sort((a, b) => a.client < b.client ? -1 : 1);
  const { now, stated } = table.time;
  if (now === 0 && stated.size === 0) return clients;
  return [{ time: now, stated: [...stated].sort(([a], [b]) => a < b ? -1 : 1) }, ...clients];
}

/** Yields the chunks of a table in order, each made on demand; at most `LIMITS.maxChunkBytes` long. */
export function* sessionChunks(frozen: FrozenSessions): Generator<Uint8Array, void> {
  for (const client of frozen) {
    if ("time" in client) {
      yield timeChunk(client);
      continue;
    }
    yield clientChunk(client);
    for (const session of client.live) yield* chunksOf(client.client, session);
  }
}

/** Bytes of an executed command in its chunk. */
export const keptBytes = ({ result }: Kept): number => KEPT_FRAMING + result.length;

function timeChunk({ time, stated }: FrozenTime): Uint8Array {
  const writer = new ByteWriter().u8(TIME_CHUNK).u64(time);
  for (const [replica, clock] of stated) {
    const id = UTF8.encode(replica);
    writer.u16(id.length).raw(id).u64(clock);
  }
  return writer.finish();
}

function clientChunk({ client, registerFloor, closed }: FrozenClient): Uint8Array {
  const writer = begin(CLIENT_CHUNK, client).u64(registerFloor);
  for (const [id, highest] of closed) writer.u64(id).u64(highest);
  return writer.finish();
}

function* chunksOf(client: ClientId, session: FrozenSession): Generator<Uint8Array, void> {
  let writer = beginSession(client, session);
  let held = 0;
  for (const [seq, kept] of session.answers.toSorted(([a], [b]) => a - b)) {
    if (held > 0 && writer.size + keptBytes(kept) > SESSION_CHUNK_BYTES) {
      yield writer.finish();
      writer = beginSession(client, session);
      held = 0;
    }
    writer.u64(seq).u64(kept.index).digest(kept.digest).bytes(kept.result);
    held++;
  }
  yield writer.finish();
}

function begin(kind: number, client: ClientId): ByteWriter {
  const id = UTF8.encode(client);
  return new ByteWriter().u8(kind).u16(id.length).raw(id);
}

function beginSession(client: ClientId, { id, register, floor, lastUsed, highest }: FrozenSession): ByteWriter {
  return begin(SESSION_CHUNK, client).u64(id).digest(register).u64(floor).u64(lastUsed).u64(highest);
}
