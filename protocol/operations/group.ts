/**
 * Groups: several operations under one signature, ordered as one request, executed one by one and answered together (§7.1f).
 *
 * Layout, big-endian. A group: `u8 count`, then `count` times `u8 mode, u32 length, bytes`, with mode 0 of a command and 1 of a query. Its
 * result: `u8 count`, then `count` times `u32 length, bytes`, of the operations that were executed. Either has exactly one encoding.
 */
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { LIMITS } from "../limits.ts";

/** The method of the state machine that an operation is for: `apply` of a command, `query` of a query (§7.4). */
export type OperationMode = "command" | "query";

/** One operation; `command` is opaque to the protocol, and `mode` says which of the two languages it is in. */
export interface Operation {
  readonly mode: OperationMode;
  readonly command: Uint8Array;
}

const MODES = ["command", "query"] as const satisfies readonly OperationMode[];
const COUNT_BYTES = 1;
const MODE_BYTES = 1;
const LENGTH_BYTES = 4;

/** Returns the bytes an operation takes in a group. */
export const operationSize = (command: Uint8Array): number => MODE_BYTES + LENGTH_BYTES + command.length;

/** Bytes of operations that fit into one group. */
export const GROUP_BYTES = LIMITS.maxCommandBytes - COUNT_BYTES;

/** Returns the encoding of a group; {@linkcode decodeGroup} says what a group is. */
export function encodeGroup(operations: readonly Operation[]): Uint8Array {
  const size = operations.reduce((sum, { command }) => sum + operationSize(command), COUNT_BYTES);
  const writer = new ByteWriter(size).u8(operations.length);
  for (const { mode, command } of operations) writer.u8(MODES.indexOf(mode)).bytes(command);
  return writer.finish();
}

/**
 * Returns the operations as views into `bytes`, or null unless these are exactly a group of 2 to {@linkcode LIMITS.maxGroup}, in at most
 * {@linkcode LIMITS.maxCommandBytes}.
 */
export function decodeGroup(bytes: Uint8Array): Operation[] | null {
  if (bytes.length > LIMITS.maxCommandBytes) return null;
  const reader = new ByteReader(bytes);
  const count = reader.u8();
  if (count < 2 || count > LIMITS.maxGroup) return null;
  const operations: Operation[] = [];
  while (operations.length < count && !reader.failed) {
    const mode = MODES[reader.u8()];
    const command = reader.bytes(LIMITS.maxCommandBytes);
    if (mode === undefined) return null;
    operations.push({ mode, command });
  }
  return reader.done ? operations : null;
}

/** Returns the number of operations in a well-formed group. */
export const groupSize = (bytes: Uint8Array): number => bytes[0] ?? 0;

/** Returns the result of a group: those of its operations that were executed, in order. */
export function encodeResults(results: readonly Uint8Array[]): Uint8Array {
  const size = results.reduce((sum, result) => sum + LENGTH_BYTES + result.length, COUNT_BYTES);
  const writer = new ByteWriter(size).u8(results.length);
  for (const result of results) writer.bytes(result);
  return writer.finish();
}

/** Returns the results as views into `bytes`, or null unless these are exactly the result of a group of `operations`. */
export function decodeResults(bytes: Uint8Array, operations: number): Uint8Array[] | null {
  const reader = new ByteReader(bytes);
  const count = reader.u8();
  if (count < 1 || count > operations) return null;
  const results: Uint8Array[] = [];
  while (results.length < count && !reader.failed) results.push(reader.bytes(LIMITS.maxResultBytes));
  return reader.done ? results : null;
}
