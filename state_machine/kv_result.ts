/**
 * Results of the key-value store and their encoding (`docs/kv-commands.md`). A client compares results of different replicas as bytes, so
 * equal results have equal bytes.
 */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { LIMITS } from "../protocol/limits.ts";
import { KV_LIMITS } from "./kv_limits.ts";

/** First byte of every result. */
export const KV_RESULT_VERSION = 1;

/** A put, cas or delete was done; `revision` is the store's new revision. */
export interface WrittenResult {
  readonly status: "written";
  readonly revision: number;
}
/** A cas did not match, or the key to delete is absent; nothing changed. `revision` is the key's own, 0 = absent. */
export interface RefusedResult {
  readonly status: "refused";
  readonly revision: number;
}
/** The key's value, the revision that wrote it, and the store revision it was read at. */
export interface ValueResult {
  readonly status: "value";
  readonly storeRevision: number;
  readonly revision: number;
  readonly value: Uint8Array;
}
/** The key is absent at `storeRevision`. */
export interface AbsentResult {
  readonly status: "absent";
  readonly storeRevision: number;
}
/** One key of a list, with its value and revision. */
export interface ListItem {
  readonly key: string;
  readonly revision: number;
  readonly value: Uint8Array;
}
/** Keys in the order of their UTF-8 bytes. `more`: further keys follow, to be listed with `after` set to the last of these. */
export interface ListResult {
  readonly status: "list";
  readonly storeRevision: number;
  readonly more: boolean;
  readonly items: readonly ListItem[];
}
/** The bytes were not a command. Nothing changed. */
export interface MalformedResult {
  readonly status: "malformed";
}
/** A command that writes was sent as a query. Nothing changed. */
export interface NotAQueryResult {
  readonly status: "not-a-query";
}
/** The value of a key that was read, and the revision that wrote it. */
export interface CurrentResult {
  readonly status: "current";
  readonly revision: number;
  readonly value: Uint8Array;
}
export type KvResult =
  | WrittenResult
  | RefusedResult
  | ValueResult
  | AbsentResult
  | ListResult
  | MalformedResult
  | NotAQueryResult
  | CurrentResult;

const STATUS = {
  written: 1,
  refused: 2,
  value: 3,
  absent: 4,
  list: 5,
  malformed: 6,
  "not-a-query": 7,
  current: 8,
} as const;
const UTF8 = new TextEncoder();
/** Version and status; a revision; the length of a value. */
const HEADER_BYTES = 2;
const REVISION_BYTES = 8;
const VALUE_LENGTH_BYTES = 4;
const FIRST_LIST_BYTES = 1024;

/** Bytes of a list before its items: version, status, store revision, more, count. */
export const LIST_HEADER_BYTES = 1 + 1 + 8 + 1 + 4;
/** Bytes of a list item besides its key and value: key length, revision, value length. */
export const LIST_ITEM_BYTES = 2 + 8 + 4;

/** Returns the bytes of `result`, which must keep within the limits. */
export function encodeKvResult(result: KvResult): Uint8Array {
  const writer = new ByteWriter(sizeOf(result)).u8(KV_RESULT_VERSION).u8(STATUS[result.status]);
  switch (result.status) {
    case "written":
    case "refused":
      return writer.u64(result.revision).finish();
    case "value":
      writer.u64(result.storeRevision).u64(result.revision);
      return writer.bytes(result.value).finish();
    case "current":
      return writer.u64(result.revision).bytes(result.value).finish();
    case "absent":
      return writer.u64(result.storeRevision).finish();
    case "list":
      writer.u64(result.storeRevision).u8(result.more ? 1 : 0).u32(result.items.length);
      for (const item of result.items) putItem(writer, item);
      return writer.finish();
    case "malformed":
    case "not-a-query":
      return writer.finish();
  }
}

/** Returns the bytes that a result takes; of a list some to begin with. */
function sizeOf(result: KvResult): number {
  switch (result.status) {
    case "value":
      return HEADER_BYTES + 2 * REVISION_BYTES + VALUE_LENGTH_BYTES + result.value.length;
    case "current":
      return HEADER_BYTES + REVISION_BYTES + VALUE_LENGTH_BYTES + result.value.length;
    case "list":
      return FIRST_LIST_BYTES;
    case "malformed":
    case "not-a-query":
      return HEADER_BYTES;
    default:
      return HEADER_BYTES + REVISION_BYTES;
  }
}

/** Returns the result in `bytes`, or null unless they are exactly one result's encoding. Values are views into `bytes`. Never throws. */
export function decodeKvResult(bytes: Uint8Array): KvResult | null {
  const reader = new ByteReader(bytes);
  if (bytes.length > LIMITS.maxResultBytes || reader.u8() !== KV_RESULT_VERSION) return null;
  const result = readFields(reader, reader.u8());
  return reader.done ? result : null;
}

function readFields(reader: ByteReader, status: number): KvResult | null {
  switch (status) {
    case STATUS.written:
      return { status: "written", revision: reader.u64() };
    case STATUS.refused:
      return { status: "refused", revision: reader.u64() };
    case STATUS.value:
      return { status: "value", storeRevision: reader.u64(), revision: reader.u64(), value: readValue(reader) };
    case STATUS.current:
      return { status: "current", revision: reader.u64(), value: readValue(reader) };
    case STATUS.absent:
      return { status: "absent", storeRevision: reader.u64() };
    case STATUS.list:
      return { status: "list", storeRevision: reader.u64(), more: reader.flag(), items: readItems(reader) };
    case STATUS.malformed:
      return { status: "malformed" };
    case STATUS["not-a-query"]:
      return { status: "not-a-query" };
    default:
      return null;
  }
}

function putItem(writer: ByteWriter, item: ListItem): void {
  const key = UTF8.encode(item.key);
  writer.u16(key.length).raw(key).u64(item.revision).bytes(item.value);
}

/** Reads as many items as announced; a count that promises more than there is ends with the bytes. */
function readItems(reader: ByteReader): ListItem[] {
  const items: ListItem[] = [];
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) {
    items.push({ key: reader.text(1, KV_LIMITS.maxKeyBytes), revision: reader.u64(), value: readValue(reader) });
  }
  return items;
}

const readValue = (reader: ByteReader): Uint8Array => reader.bytes(KV_LIMITS.maxValueBytes);
