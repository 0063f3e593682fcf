/** Transactions and their encoding: compare, then do one thing or the other, all at one revision (`docs/kv-commands.md`). */
import type { ByteReader } from "../protocol/bytes/byte_reader.ts";
import type { ByteWriter } from "../protocol/bytes/byte_writer.ts";
import { KV_LIMITS } from "./kv_limits.ts";
import {
  asciiSize,
  type DeleteCommand,
  type GetCommand,
  type ListCommand,
  type PutCommand,
  type RangeCommand,
  readKey,
  readOperation,
  readValue,
  writeKey,
  writeOperation,
  writeRevision,
  writeValue,
} from "./kv_operation.ts";

/** A comparison with a number of the key: its revision or create revision, 0 if it is absent. */
export interface RevisionCompare {
  readonly key: string;
  readonly target: "revision" | "createRevision";
  readonly is: "=" | "!=" | "<" | ">";
  readonly to: number;
}
/** A comparison with the key's value. None holds of an absent key, not even `!=`. */
export interface ValueCompare {
  readonly key: string;
  readonly target: "value";
  readonly is: "=" | "!=";
  readonly to: Uint8Array;
}
export type Compare = RevisionCompare | ValueCompare;
/** An operation of a transaction; those that read see what those before them wrote. */
export type TransactionOperation = PutCommand | GetCommand | DeleteCommand | ListCommand | RangeCommand;

/**
 * Does what `then` says if all comparisons hold, else what `else` says, as one: nothing of others comes between, and all that it changes has the same
 * revision. No branch may write a key twice.
 */
export interface TransactionCommand {
  readonly op: "txn";
  readonly compare: readonly Compare[];
  readonly then: readonly TransactionOperation[];
  readonly else: readonly TransactionOperation[];
}

/** Number of a transaction among the operations. */
export const TRANSACTION_OP = 7;
const TARGETS = ["revision", "createRevision", "value"] as const;
const RELATIONS = ["=", "!=", "<", ">"] as const;
/** Bytes of a comparison beside its key: target, relation, length of the key, and a number or the length of a value. */
const COMPARE_BYTES = 1 + 1 + 2 + 8;

/** Returns about the bytes that a transaction takes. */
export function transactionSize({ compare, then, else: other }: TransactionCommand): number {
  const compares = compare.reduce((sum, { key, to }) => {
    return sum + COMPARE_BYTES + key.length + (typeof to === "number" ? 0 : to.length);
  }, 0);
  return [...then, ...other].reduce((sum, operation) => sum + asciiSize(operation), compares + 4);
}

/** Writes a transaction. Throws a RangeError that names what exceeds its limits, or a key that a branch writes twice. */
export function writeTransaction(writer: ByteWriter, { compare, then, else: other }: TransactionCommand): void {
  writer.u8(TRANSACTION_OP).u8(count("compare", compare.length));
  for (const each of compare) writeCompare(writer, each);
  for (const [name, branch] of [["then", then], ["else", other]] as const) {
    const twice = writtenTwice(branch);
    if (twice !== null) {
      throw new RangeError(`${name} must write a key once: ${JSON.stringify(twice)} is written twice`);
    }
    writer.u8(count(name, branch.length));
    for (const operation of branch) writeOperation(writer, operation);
  }
}

/** Reads a transaction; what is malformed fails the reader. */
export function readTransaction(reader: ByteReader): TransactionCommand {
  const compare = readMany(reader, readCompare);
  const [then, other] = [readBranch(reader), readBranch(reader)];
  return { op: "txn", compare, then, else: other };
}

function readBranch(reader: ByteReader): TransactionOperation[] {
  const operations = readMany(reader, readTransactionOperation);
  if (writtenTwice(operations) !== null) reader.fail("bad-value", "wanted each key written once");
  return operations;
}

function readMany<T>(reader: ByteReader, read: (reader: ByteReader) => T | null): T[] {
  const all: T[] = [];
  const wanted = reader.u8();
  if (wanted > KV_LIMITS.maxTransactionParts) {
    reader.fail("too-large", `wanted at most ${KV_LIMITS.maxTransactionParts}`);
  }
  while (all.length < wanted && !reader.failed) {
    const one = read(reader);
    if (one === null) reader.fail("bad-value", "wanted a known number");
    else all.push(one);
  }
  return all;
}

function readTransactionOperation(reader: ByteReader): TransactionOperation | null {
  const operation = readOperation(reader, reader.u8());
  return operation === null || operation.op === "cas" || operation.op === "read" ? null : operation;
}

function writeCompare(writer: ByteWriter, { key, target, is, to }: Compare): void {
  if (target === "value" && is !== "=" && is !== "!=") throw new RangeError(`values are = or !=: this is ${is}`);
  writer.u8(TARGETS.indexOf(target) + 1).u8(RELATIONS.indexOf(is) + 1);
  writeKey(writer, key);
  if (target === "value") writeValue(writer, to);
  else writeRevision(writer, to);
}

function readCompare(reader: ByteReader): Compare | null {
  const [target, is] = [TARGETS[reader.u8() - 1], RELATIONS[reader.u8() - 1]];
  const key = readKey(reader);
  if (target === undefined || is === undefined) return null;
  if (target !== "value") return { key, target, is, to: reader.u64() };
  return is === "=" || is === "!=" ? { key, target, is, to: readValue(reader) } : null;
}

/** Returns a key that a branch writes twice, or null. */
function writtenTwice(branch: readonly TransactionOperation[]): string | null {
  const written = new Set<string>();
  for (const operation of branch) {
    if (operation.op !== "put" && operation.op !== "delete") continue;
    if (written.has(operation.key)) return operation.key;
    written.add(operation.key);
  }
  return null;
}

function count(name: string, given: number): number {
  if (given <= KV_LIMITS.maxTransactionParts) return given;
  throw new RangeError(`${name} must have at most ${KV_LIMITS.maxTransactionParts} parts: this one has ${given}`);
}
