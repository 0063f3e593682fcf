/**
 * Snapshots of the key-value store: one canonical list of chunks for each state, so that replicas with equal state have equal
 * chunks and equal digests (§8.2, §8.3).
 *
 * First chunk: `u8 version, u64 store revision, u32 number of keys`, then records; later chunks: records. A record is
 * `u16 length, key, u64 revision, u32 length, value`, ascending by key. A chunk ends only where the next record would
 * make it longer than {@linkcode KV_LIMITS.maxChunkBytes}.
 */
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import type { ListItem } from "./kv_result.ts";

const SNAPSHOT_VERSION = 1;
const RECORD_FRAMING = 2 + 8 + 4;
const UTF8 = new TextEncoder();

/** A whole state: `items` ascend by key; each revision is that of the write that set the key, so no two are equal. */
export interface KvState {
  readonly revision: number;
  readonly items: readonly ListItem[];
}

/** The chunks of a state, made as they are asked for. `count` must be the number of `items`. */
export function* snapshotChunks(revision: number, count: number, items: Iterable<ListItem>): Generator<Uint8Array> {
  let writer = new ByteWriter().u8(SNAPSHOT_VERSION).u64(revision).u32(count);
  for (const item of items) {
    const key = UTF8.encode(item.key);
    if (writer.size + RECORD_FRAMING + key.length + item.value.length > KV_LIMITS.maxChunkBytes) {
      yield writer.finish();
      writer = new ByteWriter();
    }
    writer.u16(key.length).raw(key).u64(item.revision).u32(item.value.length).raw(item.value);
  }
  yield writer.finish();
}

/**
 * The state in `chunks`. Throws a RangeError that names the first fault unless they are exactly what
 * {@linkcode snapshotChunks} makes of some state. Values are copies.
 */
export function readSnapshot(chunks: Iterable<Uint8Array>): KvState {
  const parse = new SnapshotParser();
  for (const chunk of chunks) parse.chunk(chunk);
  return parse.finish();
}

class SnapshotParser {
  #revision = 0;
  #count = 0;
  #chunks = 0;
  #previousSize = 0;
  readonly #items: ListItem[] = [];
  readonly #revisions = new Set<number>();

  chunk(bytes: Uint8Array): void {
    if (bytes.length > KV_LIMITS.maxChunkBytes) {
      throw this.#fault(`has ${bytes.length} bytes, at most ${KV_LIMITS.maxChunkBytes} are allowed`);
    }
    const reader = new ByteReader(bytes);
    if (this.#chunks === 0) this.#header(reader);
    else this.#firstRecordOfLaterChunk(reader);
    while (reader.more) this.#record(reader);
    if (!reader.done) throw this.#fault("ends inside a record or holds a malformed one");
    this.#previousSize = bytes.length;
    this.#chunks++;
  }

  finish(): KvState {
    if (this.#chunks === 0) throw new RangeError("A snapshot needs at least one chunk: there is none");
    if (this.#items.length !== this.#count) {
      throw new RangeError(`The snapshot announces ${this.#count} keys: it holds ${this.#items.length}`);
    }
    return { revision: this.#revision, items: this.#items };
  }

  #header(reader: ByteReader): void {
    const version = reader.u8();
    if (version !== SNAPSHOT_VERSION) throw this.#fault(`has version ${version}, ${SNAPSHOT_VERSION} is wanted`);
    this.#revision = reader.u64();
    this.#count = reader.u32();
  }

  /** A later chunk holds at least one record, the one that did not fit into the chunk before. */
  #firstRecordOfLaterChunk(reader: ByteReader): void {
    this.#record(reader);
    if (this.#previousSize + reader.position <= KV_LIMITS.maxChunkBytes) {
      throw this.#fault("starts with a record that belongs into the chunk before");
    }
  }

  #record(reader: ByteReader): void {
    const key = reader.text(1, KV_LIMITS.maxKeyBytes);
    const revision = reader.u64();
    const value = reader.raw(reader.u32(), KV_LIMITS.maxValueBytes);
    if (reader.failed) throw this.#fault("ends inside a record or holds a malformed one");
    const before = this.#items.at(-1);
    if (before !== undefined && compareUtf8(before.key, key) >= 0) throw this.#fault("holds keys out of order");
    if (revision < 1 || revision > this.#revision || this.#revisions.has(revision)) {
      throw this.#fault(`holds the impossible key revision ${revision} (store revision ${this.#revision})`);
    }
    this.#revisions.add(revision);
    this.#items.push({ key, revision, value: value.slice() });
  }

  #fault(what: string): RangeError {
    return new RangeError(`Snapshot chunk ${this.#chunks + 1} ${what}`);
  }
}
