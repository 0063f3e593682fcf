/**
 * The record the store keeps under one key, and its encoding in pages: `text key, u64 revision, u64 create revision, value`
 * (`docs/kv-commands.md`).
 */
import type { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import type { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { utf8Length } from "../utf8_length.ts";

/** A key with its value. Never changed: a write replaces it, so frozen pages and the history may share it. */
export interface KvRecord {
  readonly key: string;
  /** Bytes of UTF-8 of the key. */
  readonly keyBytes: number;
  /** Store revision of the write that set the value. */
  readonly revision: number;
  /** Store revision of the first write since the key was absent last. */
  readonly createRevision: number;
  /** In memory of its own, not a view into a command or a chunk. */
  readonly value: Uint8Array;
}

/** Bytes of a record besides its key and value: key length, two revisions, value length. */
const FRAMING = 2 + 8 + 8 + 4;

/** Returns a record; `value` is copied, since a view would keep the whole command or chunk alive. */
export function kvRecord(key: string, revision: number, value: Uint8Array, createRevision = revision): KvRecord {
  return { key, keyBytes: utf8Length(key), revision, createRevision, value: value.slice() };
}

/** Returns the length of the record's encoding in bytes. */
export function recordBytes({ keyBytes, value }: KvRecord): number {
  return FRAMING + keyBytes + value.length;
}

export function writeRecord(writer: ByteWriter, { key, keyBytes, revision, createRevision, value }: KvRecord): void {
  writer.u16(keyBytes).utf8(key, keyBytes).u64(revision).u64(createRevision).bytes(value);
}

/** Reads the next record; returns neutral values if there is none, and then the reader has failed. */
export function readRecord(reader: ByteReader): KvRecord {
  const key = reader.text(1, KV_LIMITS.maxKeyBytes);
  const [revision, createRevision] = [reader.u64(), reader.u64()];
  return kvRecord(key, revision, reader.bytes(KV_LIMITS.maxValueBytes), createRevision);
}
