/**
 * Results of the key-value store and their encoding (`docs/kv-commands.md`). A client compares results of different replicas as bytes, so
 * equal results have equal bytes.
 */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { LIMITS } from "../protocol/limits.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import { type AnyLeaseResult, isLeaseResult, readLeaseResult, writeLeaseResult } from "./leases/lease_result.ts";

/** First byte of every result. Version 1 had no create revisions. */
export const KV_RESULT_VERSION = 2;

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
/** The key's value, the revision that wrote it, that at which the key came to be, and the store revision it was read at. */
export interface ValueResult {
  readonly status: "value";
  readonly storeRevision: number;
  readonly revision: number;
  readonly createRevision: number;
  readonly value: Uint8Array;
}
/** The key is absent at `storeRevision`. */
export interface AbsentResult {
  readonly status: "absent";
  readonly storeRevision: number;
}
/** One key of a list, with its value and revisions. */
export interface ListItem {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly value: Uint8Array;
}
/** Keys in the order of their UTF-8 bytes. `more`: further keys follow, to be listed with `after` set to the last of these. */
export interface ListResult {
  readonly status: "list";
  readonly storeRevision: number;
  readonly more: boolean;
  readonly items: readonly ListItem[];
}
/** One key of a list without values. */
export type KeyItem = Omit<ListItem, "value">;
/** Likewise of keys without their values. */
export interface KeysResult {
  readonly status: "keys";
  readonly storeRevision: number;
  readonly more: boolean;
  readonly items: readonly KeyItem[];
}
/** The bytes were not a command. Nothing changed. */
export interface MalformedResult {
  readonly status: "malformed";
}
/** A command that writes was sent as a query. Nothing changed. */
export interface NotAQueryResult {
  readonly status: "not-a-query";
}
/** The value of a key that was read, the revision that wrote it, and that at which the key came to be. */
export interface CurrentResult {
  readonly status: "current";
  readonly revision: number;
  readonly createRevision: number;
  readonly value: Uint8Array;
}
/** The results of the branch of a transaction that was done, in its order. `storeRevision` is the store's revision behind it. */
export interface TransactionResult {
  readonly status: "txn";
  /** All comparisons held, so `then` was done. */
  readonly succeeded: boolean;
  readonly storeRevision: number;
  readonly results: readonly OperationResult[];
}
/** The transaction reads what could be longer than a result may be. Nothing changed. */
export interface TooLargeResult {
  readonly status: "too-large";
}
/** The client may not do that by the roster in force. Nothing changed. */
export interface DeniedResult {
  readonly status: "denied";
  /** Words on who may not do what, and what it may do: at most {@linkcode MAX_DENIAL_BYTES} of UTF-8. */
  readonly reason: string;
}
/** The result of one operation of a transaction. */
export type OperationResult = WrittenResult | RefusedResult | ValueResult | AbsentResult | ListResult | KeysResult;
export type KvResult =
  | OperationResult
  | MalformedResult
  | NotAQueryResult
  | CurrentResult
  | TransactionResult
  | TooLargeResult
  | DeniedResult
  | AnyLeaseResult;

const STATUS = {
  written: 1,
  refused: 2,
  value: 3,
  absent: 4,
  list: 5,
  malformed: 6,
  "not-a-query": 7,
  current: 8,
  keys: 9,
  txn: 10,
  "too-large": 11,
  denied: 12,
} as const;
const UTF8 = new TextEncoder();
/** Version and status; a revision; the length of a value. */
const HEADER_BYTES = 2;
const REVISION_BYTES = 8;
const VALUE_LENGTH_BYTES = 4;
const FIRST_LIST_BYTES = 1024;
/** Bytes of the reason why something is denied. */
export const MAX_DENIAL_BYTES = 2048;

/** Bytes of a list before its items: version, status, store revision, more, count. */
export const LIST_HEADER_BYTES = 1 + 1 + 8 + 1 + 4;
/** Bytes of a list item besides its key and value: key length, revisions, value length. */
export const LIST_ITEM_BYTES = 2 + 8 + 8 + 4;
/** Bytes of the value of a key besides the value itself: status, three revisions, value length. */
export const VALUE_BYTES = 1 + 3 * 8 + 4;
/** Bytes of a transaction's result before those of its operations: version, status, succeeded, store revision, count. */
export const TRANSACTION_BYTES = 1 + 1 + 1 + 8 + 1;

/** Returns the bytes of `result`, which must keep within the limits. */
export function encodeKvResult(result: KvResult): Uint8Array {
  const writer = new ByteWriter(sizeOf(result)).u8(KV_RESULT_VERSION);
  writeResult(writer, result);
  return writer.finish();
}

function writeResult(writer: ByteWriter, result: KvResult): void {
  if (isLeaseResult(result)) return writeLeaseResult(writer, result);
  writer.u8(STATUS[result.status]);
  switch (result.status) {
    case "written":
    case "refused":
      return void writer.u64(result.revision);
    case "value":
      writer.u64(result.storeRevision).u64(result.revision).u64(result.createRevision);
      return void writer.bytes(result.value);
    case "current":
      return void writer.u64(result.revision).u64(result.createRevision).bytes(result.value);
    case "absent":
      return void writer.u64(result.storeRevision);
    case "list":
      writer.u64(result.storeRevision).u8(result.more ? 1 : 0).u32(result.items.length);
      for (const item of result.items) writeKeyItem(writer, item).bytes(item.value);
      return;
    case "keys":
      writer.u64(result.storeRevision).u8(result.more ? 1 : 0).u32(result.items.length);
      for (const item of result.items) writeKeyItem(writer, item);
      return;
    case "txn":
      writer.u8(result.succeeded ? 1 : 0).u64(result.storeRevision).u8(result.results.length);
      for (const each of result.results) writeResult(writer, each);
      return;
    case "denied": {
      const reason = UTF8.encode(result.reason);
      return void writer.u16(reason.length).raw(reason);
    }
    case "malformed":
    case "not-a-query":
    case "too-large":
      return;
  }
}

/** Returns the bytes that a result takes; of a list or a transaction some to begin with. */
function sizeOf(result: KvResult): number {
  switch (result.status) {
    case "value":
      return HEADER_BYTES + 3 * REVISION_BYTES + VALUE_LENGTH_BYTES + result.value.length;
    case "current":
      return HEADER_BYTES + 2 * REVISION_BYTES + VALUE_LENGTH_BYTES + result.value.length;
    case "list":
    case "keys":
    case "leases":
    case "txn":
    case "denied":
      return FIRST_LIST_BYTES;
    case "malformed":
    case "not-a-query":
    case "too-large":
    case "no-lease":
    case "lease-limit":
      return HEADER_BYTES;
    case "lease":
      return HEADER_BYTES + 2 * REVISION_BYTES;
    default:
      return HEADER_BYTES + REVISION_BYTES;
  }
}

/** Returns the result in `bytes`, or null unless they are exactly one result's encoding. Values are views into `bytes`. Never throws. */
export function decodeKvResult(bytes: Uint8Array): KvResult | null {
  const reader = new ByteReader(bytes);
  if (bytes.length > LIMITS.maxResultBytes || reader.u8() !== KV_RESULT_VERSION) return null;
  const result = readResult(reader, reader.u8());
  return reader.done ? result : null;
}

function readResult(reader: ByteReader, status: number): KvResult | null {
  switch (status) {
    case STATUS.current:
      return { status: "current", revision: reader.u64(), createRevision: reader.u64(), value: readValue(reader) };
    case STATUS.txn:
      return readTransactionResult(reader);
    case STATUS.malformed:
      return { status: "malformed" };
    case STATUS["not-a-query"]:
      return { status: "not-a-query" };
    case STATUS["too-large"]:
      return { status: "too-large" };
    case STATUS.denied:
      return { status: "denied", reason: reader.text(0, MAX_DENIAL_BYTES) };
    default:
      return readOperationResult(reader, status) ?? readLeaseResult(reader, status);
  }
}

function readOperationResult(reader: ByteReader, status: number): OperationResult | null {
  switch (status) {
    case STATUS.written:
      return { status: "written", revision: reader.u64() };
    case STATUS.refused:
      return { status: "refused", revision: reader.u64() };
    case STATUS.value: {
      const [storeRevision, revision, createRevision] = [reader.u64(), reader.u64(), reader.u64()];
      return { status: "value", storeRevision, revision, createRevision, value: readValue(reader) };
    }
    case STATUS.absent:
      return { status: "absent", storeRevision: reader.u64() };
    case STATUS.list:
      return { status: "list", storeRevision: reader.u64(), more: reader.flag(), items: readItems(reader, readItem) };
    case STATUS.keys:
      return {
        status: "keys",
        storeRevision: reader.u64(),
        more: reader.flag(),
        items: readItems(reader, readKeyItem),
      };
    default:
      return null;
  }
}

function readTransactionResult(reader: ByteReader): TransactionResult {
  const [succeeded, storeRevision] = [reader.flag(), reader.u64()];
  const results: OperationResult[] = [];
  const count = reader.u8();
  if (count > KV_LIMITS.maxTransactionParts) {
    reader.fail("too-large", `wanted at most ${KV_LIMITS.maxTransactionParts}`);
  }
  while (results.length < count && !reader.failed) {
    const result = readOperationResult(reader, reader.u8());
    if (result === null) reader.fail("bad-value", "wanted the result of an operation");
    else results.push(result);
  }
  return { status: "txn", succeeded, storeRevision, results };
}

function writeKeyItem(writer: ByteWriter, item: KeyItem): ByteWriter {
  const key = UTF8.encode(item.key);
  return writer.u16(key.length).raw(key).u64(item.revision).u64(item.createRevision);
}

/** Reads as many items as announced; a count that promises more than there is ends with the bytes. */
function readItems<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  for (let left = reader.u32(); left > 0 && !reader.failed; left--) items.push(read(reader));
  return items;
}

const readKeyItem = (reader: ByteReader): KeyItem => ({
  key: reader.text(1, KV_LIMITS.maxKeyBytes),
  revision: reader.u64(),
  createRevision: reader.u64(),
});
const readItem = (reader: ByteReader): ListItem => ({ ...readKeyItem(reader), value: readValue(reader) });
const readValue = (reader: ByteReader): Uint8Array => reader.bytes(KV_LIMITS.maxValueBytes);
