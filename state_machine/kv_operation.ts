/** Operations on keys, and their encoding without the version that every command begins with (`docs/kv-commands.md`). */
import type { ByteReader } from "../protocol/bytes/byte_reader.ts";
import type { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import { readLease, writeLease } from "./leases/lease_command.ts";
import { utf8Length } from "./utf8_length.ts";

/** Sets `key` to `value`, whether or not the key exists. */
export interface PutCommand {
  readonly op: "put";
  readonly key: string;
  readonly value: Uint8Array;
  /** Lease that the key goes with; 0 or left out for none. */
  readonly lease?: number;
}
export interface GetCommand {
  readonly op: "get";
  readonly key: string;
}
/** Sets `key` to `value` if the key's revision is `revision` (0 = absent). */
export interface CasCommand {
  readonly op: "cas";
  readonly key: string;
  readonly revision: number;
  readonly value: Uint8Array;
}
/** Removes `key` if it exists. */
export interface DeleteCommand {
  readonly op: "delete";
  readonly key: string;
}
/** Lists keys that start with `prefix` and come after `after` (empty: from the first), at most `limit` of them. */
export interface ListCommand {
  readonly op: "list";
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}
/** Reads `key` as `get` does, with an answer that writes of other keys leave as it is, while the key is there: for fast reads (§7.4). */
export interface ReadCommand {
  readonly op: "read";
  readonly key: string;
}
/**
 * Lists keys from `from` on and below `to` (empty: to the last) that come after `after` (empty: from the first), at most `limit` of them; their
 * values are left out if `keysOnly`.
 */
export interface RangeCommand {
  readonly op: "range";
  readonly from: string;
  readonly to: string;
  readonly after: string;
  readonly limit: number;
  readonly keysOnly: boolean;
}
export type KvOperation =
  | PutCommand
  | GetCommand
  | CasCommand
  | DeleteCommand
  | ListCommand
  | ReadCommand
  | RangeCommand;

/** Numbers of the operations in encodings; 7 is a transaction, 9 to 11 and 13 are about leases. */
export const OP = { put: 1, get: 2, cas: 3, delete: 4, list: 5, read: 6, range: 8 } as const;
/** A put with a lease. */
const LEASED_PUT = 12;
/** Bytes of an encoding beside texts and a value: op, a length for each text, and the rest of the operation's fields. */
const FIXED_BYTES = { put: 7, get: 3, cas: 15, delete: 3, list: 9, read: 3, range: 12 } as const;

/** Returns the bytes that an operation takes if its texts are ASCII, as most keys are; a writer of that size is handed out as it is. */
export function asciiSize(operation: KvOperation): number {
  const fixed = FIXED_BYTES[operation.op];
  if (operation.op === "list") return fixed + operation.prefix.length + operation.after.length;
  if (operation.op === "range") return fixed + operation.from.length + operation.to.length + operation.after.length;
  const lease = operation.op === "put" && operation.lease ? 8 : 0;
  return fixed + lease + operation.key.length + ("value" in operation ? operation.value.length : 0);
}

/** Writes an operation. Throws a RangeError that names the field if one exceeds its limits. */
export function writeOperation(writer: ByteWriter, operation: KvOperation): void {
  if (operation.op === "put" && operation.lease) {
    writer.u8(LEASED_PUT);
    writeKey(writer, operation.key);
    writeLease(writer, operation.lease);
    return writeValue(writer, operation.value);
  }
  writer.u8(OP[operation.op]);
  switch (operation.op) {
    case "put":
      writeKey(writer, operation.key);
      return writeValue(writer, operation.value);
    case "get":
    case "delete":
    case "read":
      return writeKey(writer, operation.key);
    case "cas":
      writeKey(writer, operation.key);
      writeRevision(writer, operation.revision);
      return writeValue(writer, operation.value);
    case "list":
      writeText(writer, "prefix", operation.prefix);
      writeText(writer, "after", operation.after);
      return writeLimit(writer, operation.limit);
    case "range":
      return writeRange(writer, operation);
  }
}

function writeRange(writer: ByteWriter, { from, to, after, limit, keysOnly }: RangeCommand): void {
  if (to !== "" && compareUtf8(from, to) >= 0) {
    throw new RangeError(
      `to must be behind from, ${JSON.stringify(from)}, or empty: this one is ${JSON.stringify(to)}`,
    );
  }
  writeText(writer, "from", from);
  writeText(writer, "to", to);
  writeText(writer, "after", after);
  writeLimit(writer, limit);
  writer.u8(keysOnly ? 1 : 0);
}

/** Reads an operation; null if there is none of that number, and what is malformed fails the reader. Values are views. */
export function readOperation(reader: ByteReader, op: number): KvOperation | null {
  switch (op) {
    case OP.put:
      return { op: "put", key: readKey(reader), value: readValue(reader) };
    case LEASED_PUT:
      return { op: "put", key: readKey(reader), lease: readLease(reader), value: readValue(reader) };
    case OP.get:
      return { op: "get", key: readKey(reader) };
    case OP.cas:
      return { op: "cas", key: readKey(reader), revision: reader.u64(), value: readValue(reader) };
    case OP.delete:
      return { op: "delete", key: readKey(reader) };
    case OP.read:
      return { op: "read", key: readKey(reader) };
    case OP.list:
      return { op: "list", prefix: readText(reader), after: readText(reader), limit: readLimit(reader) };
    case OP.range:
      return readRange(reader);
    default:
      return null;
  }
}

function readRange(reader: ByteReader): RangeCommand {
  const [from, to, after] = [readText(reader), readText(reader), readText(reader)];
  if (to !== "" && compareUtf8(from, to) >= 0) reader.fail("bad-value", "wanted an end behind the beginning");
  return { op: "range", from, to, after, limit: readLimit(reader), keysOnly: reader.flag() };
}

export const readKey = (reader: ByteReader): string => reader.text(1, KV_LIMITS.maxKeyBytes);
export const readValue = (reader: ByteReader): Uint8Array => reader.bytes(KV_LIMITS.maxValueBytes);
/** Reads a prefix, a cursor or an end of a range, which may be empty. */
export const readText = (reader: ByteReader): string => reader.text(0, KV_LIMITS.maxKeyBytes);

function readLimit(reader: ByteReader): number {
  const limit = reader.u32();
  return limit >= 1 && limit <= KV_LIMITS.maxListLimit
    ? limit
    : reader.fail("bad-value", `wanted 1 to ${KV_LIMITS.maxListLimit}, got ${limit}`);
}

/** Writes a key. Throws a RangeError if it is empty, too long or no well-formed text. */
export const writeKey = (writer: ByteWriter, key: string): void => writeText(writer, "key", key, 1);

/** Writes a text of at least `minBytes`. Throws a RangeError that names `field` unless it keeps within its limits. */
export function writeText(writer: ByteWriter, field: string, text: string, minBytes = 0): void {
  if (!text.isWellFormed()) throw new RangeError(`${field} must be well-formed Unicode: it holds a lone surrogate`);
  const bytes = utf8Length(text);
  if (bytes < minBytes || bytes > KV_LIMITS.maxKeyBytes) {
    throw new RangeError(
      `${field} must have ${minBytes} to ${KV_LIMITS.maxKeyBytes} bytes of UTF-8: this one has ${bytes}`,
    );
  }
  writer.u16(bytes).utf8(text, bytes);
}

/** Writes a value. Throws a RangeError if it is too long. */
export function writeValue(writer: ByteWriter, value: Uint8Array): void {
  if (value.length > KV_LIMITS.maxValueBytes) {
    throw new RangeError(`value must have at most ${KV_LIMITS.maxValueBytes} bytes: this one has ${value.length}`);
  }
  writer.bytes(value);
}

/** Writes a revision. Throws a RangeError unless it is an integer from 0 to 2^53 - 1. */
export const writeRevision = (writer: ByteWriter, revision: number): void =>
  void writer.u64(integer("revision", revision, 0, Number.MAX_SAFE_INTEGER));

const writeLimit = (writer: ByteWriter, limit: number): void =>
  void writer.u32(integer("limit", limit, 1, KV_LIMITS.maxListLimit));

function integer(field: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${field} must be an integer from ${min} to ${max}: this one is ${value}`);
  }
  return value;
}
