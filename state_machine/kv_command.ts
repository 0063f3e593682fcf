/**
 * Commands and queries of the key-value store and their encoding (`docs/kv-commands.md`). The encoding is strict: exactly one byte string
 * for each command, so that every replica executes what the client signed.
 */
import { ByteReader } from "../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import {
  asciiSize,
  type GetCommand,
  type KvOperation,
  type ListCommand,
  type RangeCommand,
  type ReadCommand,
  readOperation,
  writeOperation,
} from "./kv_operation.ts";
import {
  readTransaction,
  TRANSACTION_OP,
  type TransactionCommand,
  transactionSize,
  writeTransaction,
} from "./kv_transaction.ts";
import {
  type AnyLeaseCommand,
  isLeaseCommand,
  LEASE_COMMAND_BYTES,
  type LeasesCommand,
  readLeaseCommand,
  writeLeaseCommand,
} from "./leases/lease_command.ts";

/** First byte of every command. */
export const KV_COMMAND_VERSION = 1;

export type KvCommand = KvOperation | TransactionCommand | AnyLeaseCommand;
/** The commands that change nothing and may be sent as a query. */
export type KvQuery = GetCommand | ListCommand | ReadCommand | RangeCommand | LeasesCommand;

/** Returns the bytes of `command`. Throws a RangeError that names the field if one exceeds its limits. */
export function encodeKvCommand(command: KvCommand): Uint8Array {
  const size = isLeaseCommand(command)
    ? LEASE_COMMAND_BYTES
    : command.op === "txn"
    ? transactionSize(command)
    : asciiSize(command);
  const writer = new ByteWriter(1 + size).u8(KV_COMMAND_VERSION);
  if (isLeaseCommand(command)) writeLeaseCommand(writer, command);
  else if (command.op === "txn") writeTransaction(writer, command);
  else writeOperation(writer, command);
  return writer.finish();
}

/** Returns the command in `bytes`, or null unless they are exactly one command's encoding. Values are views into `bytes`. Never throws. */
export function decodeKvCommand(bytes: Uint8Array): KvCommand | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== KV_COMMAND_VERSION) return null;
  const op = reader.u8();
  const command = op === TRANSACTION_OP
    ? readTransaction(reader)
    : readOperation(reader, op) ?? readLeaseCommand(reader, op);
  return reader.done ? command : null;
}
