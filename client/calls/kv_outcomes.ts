/** Results of the key-value calls, as callers see them. */
import { decodeKvResult, type KvResult } from "../../state_machine/mod.ts";
import { RefusedError } from "../errors.ts";

/** Result of a completed write. */
export interface Written {
  /** The store's new revision. */
  readonly revision: number;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** Result of a `cas` or `delete`. If it was not done, `revision` is the key's own, 0 for an absent key. */
export type WriteOutcome = Written & { readonly done: boolean };

/** A key's value. */
export interface FoundValue {
  readonly found: true;
  readonly value: Uint8Array;
  /** Revision of the write that set the value. */
  readonly revision: number;
  /** Revision of the write that made the key, where it was absent before. */
  readonly createRevision: number;
}

/** Result of a `get`: a key's value, or its absence, at `storeRevision`. */
export type ReadOutcome =
  & (FoundValue | { readonly found: false })
  & { readonly storeRevision: number };

/** Result of a fast read: a key's value, or its absence. */
export type FastReadOutcome = FoundValue | { readonly found: false };

/** A key of a list. */
export interface ListedKey {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
}

/** A list's keys, in order of their UTF-8 bytes. `more`: there are further keys; list again `after` the last one. */
interface Listed<T> {
  readonly items: readonly T[];
  readonly more: boolean;
  readonly storeRevision: number;
}

/** Result of a `list`. */
export type ListOutcome = Listed<ListedKey & { readonly value: Uint8Array }>;

/** Result of a `range` of keys without their values. */
export type KeysOutcome = Listed<ListedKey>;

/** Result of one operation of a transaction, in the order of its branch. */
export type OperationOutcome =
  | { readonly op: "put"; readonly revision: number }
  /** `done` is false where the key was absent. */
  | { readonly op: "delete"; readonly done: boolean }
  | ({ readonly op: "get" } & FastReadOutcome)
  | ({ readonly op: "list" } & Omit<ListOutcome, "storeRevision">)
  | ({ readonly op: "keys" } & Omit<KeysOutcome, "storeRevision">);

/** Result of a transaction. */
export interface TransactionOutcome {
  /** All comparisons held, so `then` was done, and `else` otherwise. */
  readonly succeeded: boolean;
  /** The store's revision behind it; that of all it changed, if it changed anything. */
  readonly revision: number;
  /** Index of the log entry that holds it. */
  readonly index: number;
  readonly results: readonly OperationOutcome[];
}

/** Returns the error for a result that `op` cannot have. */
export function unexpected(op: string, result: KvResult | null): RefusedError {
  if (result?.status === "too-large") {
    return new RefusedError("too-large", `${op}: what it reads could be longer than a result may be; nothing was done`);
  }
  if (result?.status === "no-lease") {
    return new RefusedError(
      "no-lease",
      `${op}: there is no such lease of this client's; it has ended, or is another's`,
    );
  }
  if (result?.status === "lease-limit") {
    return new RefusedError("lease-limit", `${op}: there are as many leases, or keys in the lease, as there may be`);
  }
  if (result?.status === "denied") return new RefusedError("denied", `${op}: ${result.reason}; nothing was done`);
  const given = result === null ? "bytes that are no result of the key-value store" : `"${result.status}"`;
  return new RefusedError("malformed", `${op}: the cluster answered ${given}; does it run another state machine?`);
}

/** Reads a `get` result. Throws {@linkcode RefusedError} on a result of another kind. */
export function readOutcome(bytes: Uint8Array): ReadOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status === "absent") return { found: false, storeRevision: result.storeRevision };
  if (result?.status !== "value") throw unexpected("get", result);
  return { ...foundIn(result), storeRevision: result.storeRevision };
}

/** Reads a `read` result. Throws {@linkcode RefusedError} on a result of another kind. */
export function fastReadOutcome(bytes: Uint8Array): FastReadOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status === "absent") return { found: false };
  if (result?.status !== "current") throw unexpected("read", result);
  return foundIn(result);
}

/** Reads a `list` result. Throws {@linkcode RefusedError} on a result of another kind. */
export function listOutcome(bytes: Uint8Array): ListOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status !== "list") throw unexpected("list", result);
  const { items, more, storeRevision } = result;
  return { items, more, storeRevision };
}

/** Reads the result of a range without values. Throws {@linkcode RefusedError} on a result of another kind. */
export function keysOutcome(bytes: Uint8Array): KeysOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status !== "keys") throw unexpected("range", result);
  const { items, more, storeRevision } = result;
  return { items, more, storeRevision };
}

/** Reads the result of a transaction whose branches have these operations. Throws {@linkcode RefusedError} on a result of another kind. */
export function transactionOutcome(bytes: Uint8Array, index: number, ops: Branches): TransactionOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status !== "txn") throw unexpected("txn", result);
  const branch = result.succeeded ? ops.then : ops.else;
  if (branch.length !== result.results.length) throw unexpected("txn", result);
  const results = result.results.map((each, i) => operationOutcome(branch[i]!.op, each));
  return { succeeded: result.succeeded, revision: result.storeRevision, index, results };
}

/** The operations whose results a transaction has. */
interface Branches {
  readonly then: readonly { readonly op: string }[];
  readonly else: readonly { readonly op: string }[];
}

function operationOutcome(op: string, result: KvResult): OperationOutcome {
  switch (result.status) {
    case "written":
      return op === "put" ? { op, revision: result.revision } : { op: "delete", done: true };
    case "refused":
      return { op: "delete", done: false };
    case "value":
      return { op: "get", ...foundIn(result) };
    case "absent":
      return { op: "get", found: false };
    case "list":
      return { op: "list", items: result.items, more: result.more };
    case "keys":
      return { op: "keys", items: result.items, more: result.more };
    default:
      throw unexpected(op, result);
  }
}

const foundIn = (
  { value, revision, createRevision }: Omit<FoundValue, "found">,
): FoundValue => ({ found: true, value: value.slice(), revision, createRevision });
