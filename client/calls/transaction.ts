/** Transactions as callers write them, in TypeScript and in JSON. */
import { KV_LIMITS } from "../../state_machine/mod.ts";
import type { Compare as StoreCompare, RevisionCompare } from "../../state_machine/mod.ts";
import type { TransactionCommand, TransactionOperation } from "../../state_machine/mod.ts";
import { UsageError } from "../errors.ts";

/** A comparison: with a number of the key (0 if it is absent), or with its value, which holds of no absent key. A text value is its UTF-8. */
export type Compare =
  | RevisionCompare
  | { readonly key: string; readonly target: "value"; readonly is: "=" | "!="; readonly to: Uint8Array | string };

/** An operation of a transaction; those that read see what those before them wrote. A text value is sent as UTF-8. */
export type Operation =
  /** It goes with `lease`, if that is given. */
  | { readonly op: "put"; readonly key: string; readonly value: Uint8Array | string; readonly lease?: number }
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "delete"; readonly key: string }
  /** Keys that begin with `prefix` and come behind `after`, at most `limit` (1000). */
  | { readonly op: "list"; readonly prefix: string; readonly after?: string; readonly limit?: number };

/** Does what `then` says if all comparisons hold, else what `else` says. */
export interface Transaction {
  readonly compare?: readonly Compare[];
  readonly then?: readonly Operation[];
  readonly else?: readonly Operation[];
}

/** Returns a value's bytes. Throws {@linkcode UsageError} on text that UTF-8 has no bytes for; an encoder would replace it in silence. */
export function bytesOf(value: Uint8Array | string): Uint8Array {
  if (typeof value !== "string") return value;
  if (!value.isWellFormed()) {
    throw new UsageError("value was given text with half a surrogate pair; wanted well-formed text, or bytes");
  }
  return new TextEncoder().encode(value);
}

/** Returns the command of a transaction. */
export const transactionCommand = (
  { compare = [], then = [], else: other = [] }: Transaction,
): TransactionCommand => ({
  op: "txn",
  compare: compare.map(storeCompare),
  then: then.map(storeOperation),
  else: other.map(storeOperation),
});

const storeCompare = (compare: Compare): StoreCompare =>
  compare.target === "value" ? { ...compare, to: bytesOf(compare.to) } : compare;

function storeOperation(operation: Operation): TransactionOperation {
  switch (operation.op) {
    case "put":
      return { ...operation, value: bytesOf(operation.value) };
    case "list": {
      const { op, prefix, after = "", limit = KV_LIMITS.defaultListLimit } = operation;
      return { op, prefix, after, limit };
    }
    default:
      return operation;
  }
}
