/**
 * Changes of keys and the events they make, as the history holds them and watches are told them. An event is all that one write or one
 * transaction changed: `u16 count`, then `count` times `text key, u64 create revision, value` with create revision 0 and no bytes for a key that was
 * deleted (`docs/kv-commands.md`).
 */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import type { KvRecord } from "./pages/record.ts";
import { utf8Length } from "./utf8_length.ts";

/** A key that was written, or deleted. A `KvRecord` is one. */
export interface KvChange {
  readonly key: string;
  /** Bytes of UTF-8 of the key. */
  readonly keyBytes: number;
  /** Store revision at which the key came to be; 0 if it was deleted. */
  readonly createRevision: number;
  /** Empty if the key was deleted. */
  readonly value: Uint8Array;
}

const NOTHING = new Uint8Array();
/** Bytes of an event before its changes. */
const COUNT_BYTES = 2;
/** Bytes of a change besides its key and value: key length, create revision, value length. */
const FRAMING = 2 + 8 + 4;

/** Returns the change that a deletion is. */
export const deletionOf = ({ key, keyBytes }: Pick<KvRecord, "key" | "keyBytes">): KvChange => ({
  ...{ key, keyBytes, createRevision: 0, value: NOTHING },
});

/** Returns the length in bytes of the event of these changes. */
export function eventBytes(changes: readonly KvChange[]): number {
  let bytes = COUNT_BYTES;
  for (const { keyBytes, value } of changes) bytes += FRAMING + keyBytes + value.length;
  return bytes;
}

/** Returns the event of these changes, 1 to 65 535. */
export function encodeEvent(changes: readonly KvChange[]): Uint8Array {
  const writer = new ByteWriter(eventBytes(changes));
  writeEvent(writer, changes);
  return writer.finish();
}

/** Writes an event behind what is written. */
export function writeEvent(writer: ByteWriter, changes: readonly KvChange[]): void {
  writer.u16(changes.length);
  for (const { key, keyBytes, createRevision, value } of changes) {
    writer.u16(keyBytes).utf8(key, keyBytes).u64(createRevision).bytes(value);
  }
}

/** Returns the changes of an event, or null unless `bytes` are exactly one. Values are views into `bytes`. Never throws. */
export function decodeEvent(bytes: Uint8Array): KvChange[] | null {
  const reader = new ByteReader(bytes);
  const changes = readEvent(reader);
  return reader.done ? changes : null;
}

/** Reads an event; an impossible one fails the reader. */
export function readEvent(reader: ByteReader): KvChange[] {
  const changes: KvChange[] = [];
  const count = reader.u16();
  if (count === 0) reader.fail("bad-value", "wanted at least one change");
  while (changes.length < count && !reader.failed) changes.push(readChange(reader));
  return changes;
}

function readChange(reader: ByteReader): KvChange {
  const key = reader.text(1, KV_LIMITS.maxKeyBytes);
  const createRevision = reader.u64();
  const value = reader.bytes(KV_LIMITS.maxValueBytes);
  if (createRevision === 0 && value.length > 0) reader.fail("bad-value", "wanted no value of a deleted key");
  return { key, keyBytes: utf8Length(key), createRevision, value };
}
