/**
 * Commands and queries of the key-value store and their encoding (`docs/kv-commands.md`). The encoding is strict: exactly one byte string
 * for each command, so that every replica executes what the client signed.
 */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import { utf8Length } from "./utf8_length.ts";

/** First byte of every command. */
export const KV_COMMAND_VERSION = 1;

/** Sets `key` to `value`, whether or not the key exists. */
export interface PutCommand {
  readonly op: "put";
  readonly key: string;
  readonly value: Uint8Array;
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
export type KvCommand = PutCommand | GetCommand | CasCommand | DeleteCommand | ListCommand | ReadCommand;
/** The commands that change nothing and may be sent as a query. */
export type KvQuery = GetCommand | ListCommand | ReadCommand;

const OP = { put: 1, get: 2, cas: 3, delete: 4, list: 5, read: 6 } as const;
/** Bytes of an encoding beside texts and a value: version and op, a length for each text, and the rest of the op's fields. */
const FIXED_BYTES = { put: 8, get: 4, cas: 16, delete: 4, list: 10, read: 4 } as const;

/** Returns the bytes of `command`. Throws a RangeError that names the field if one exceeds its limits. */
export function encodeKvCommand(command: KvCommand): Uint8Array {
  const writer = new ByteWriter(asciiSize(command)).u8(KV_COMMAND_VERSION).u8(OP[command.op]);
  switch (command.op) {
    case "put":
      return putValue(putText(writer, "key", command.key, 1), command.value).finish();
    case "get":
    case "delete":
    case "read":
      return putText(writer, "key", command.key, 1).finish();
    case "cas":
      putText(writer, "key", command.key, 1).u64(integer("revision", command.revision, 0, Number.MAX_SAFE_INTEGER));
      return putValue(writer, command.value).finish();
    case "list":
      putText(writer, "prefix", command.prefix, 0);
      putText(writer, "after", command.after, 0);
      return writer.u32(integer("limit", command.limit, 1, KV_LIMITS.maxListLimit)).finish();
  }
}

/** Returns the bytes that a command takes if its texts are ASCII, as most keys are; a writer of that size is handed out as it is. */
function asciiSize(command: KvCommand): number {
  const fixed = FIXED_BYTES[command.op];
  if (command.op === "list") return fixed + command.prefix.length + command.after.length;
  return fixed + command.key.length + ("value" in command ? command.value.length : 0);
}

/** Returns the command in `bytes`, or null unless they are exactly one command's encoding. Values are views into `bytes`. Never throws. */
export function decodeKvCommand(bytes: Uint8Array): KvCommand | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== KV_COMMAND_VERSION) return null;
  const command = readFields(reader, reader.u8());
  return reader.done ? command : null;
}

function readFields(reader: ByteReader, op: number): KvCommand | null {
  switch (op) {
    case OP.put:
      return { op: "put", key: readKey(reader), value: readValue(reader) };
    case OP.get:
      return { op: "get", key: readKey(reader) };
    case OP.cas:
      return { op: "cas", key: readKey(reader), revision: reader.u64(), value: readValue(reader) };
    case OP.delete:
      return { op: "delete", key: readKey(reader) };
    case OP.read:
      return { op: "read", key: readKey(reader) };
    case OP.list:
      return {
        op: "list",
        prefix: reader.text(0, KV_LIMITS.maxKeyBytes),
        after: reader.text(0, KV_LIMITS.maxKeyBytes),
        limit: readLimit(reader),
      };
    default:
      return null;
  }
}

const readKey = (reader: ByteReader): string => reader.text(1, KV_LIMITS.maxKeyBytes);
const readValue = (reader: ByteReader): Uint8Array => reader.bytes(KV_LIMITS.maxValueBytes);

function readLimit(reader: ByteReader): number {
  const limit = reader.u32();
  return limit >= 1 && limit <= KV_LIMITS.maxListLimit
    ? limit
    : reader.fail("bad-value", `wanted 1 to ${KV_LIMITS.maxListLimit}, got ${limit}`);
}

function putText(writer: ByteWriter, field: string, text: string, minBytes: number): ByteWriter {
  if (!text.isWellFormed()) throw new RangeError(`${field} must be well-formed Unicode: it holds a lone surrogate`);
  const bytes = utf8Length(text);
  if (bytes < minBytes || bytes > KV_LIMITS.maxKeyBytes) {
    throw new RangeError(
      `${field} must have ${minBytes} to ${KV_LIMITS.maxKeyBytes} bytes of UTF-8: this one has ${bytes}`,
    );
  }
  return writer.u16(bytes).utf8(text, bytes);
}

function putValue(writer: ByteWriter, value: Uint8Array): ByteWriter {
  if (value.length > KV_LIMITS.maxValueBytes) {
    throw new RangeError(`value must have at most ${KV_LIMITS.maxValueBytes} bytes: this one has ${value.length}`);
  }
  return writer.bytes(value);
}

function integer(field: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${field} must be an integer from ${min} to ${max}: this one is ${value}`);
  }
  return value;
}
