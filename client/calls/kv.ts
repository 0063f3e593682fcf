/** The built-in key-value store's calls, on top of a client that executes commands. */
import { decodeKvResult, encodeKvCommand, KV_LIMITS, type KvCommand, type KvResult } from "../../state_machine/mod.ts";
import { RefusedError, UsageError } from "../errors.ts";
import type { Executed, RequestOptions } from "../loop/requests.ts";

/** A write that was done. */
export interface Written {
  /** The store's new revision. */
  readonly revision: number;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** A `cas` or `delete`. Where it was not done, `revision` is the key's own, 0 for an absent key. */
export type WriteOutcome = Written & { readonly done: boolean };

/** A key's value, or its absence, at `storeRevision`. */
export type ReadOutcome =
  | {
    readonly found: true;
    readonly value: Uint8Array;
    /** Revision of the write that set the value. */
    readonly revision: number;
    readonly storeRevision: number;
  }
  | { readonly found: false; readonly storeRevision: number };

/** Keys in order of their UTF-8 bytes. `more`: a further list `after` the last key goes on. */
export interface ListOutcome {
  readonly items: readonly { readonly key: string; readonly revision: number; readonly value: Uint8Array }[];
  readonly more: boolean;
  readonly storeRevision: number;
}

/** Which part of the keys to list. */
export interface ListOptions extends RequestOptions {
  /** Only keys after this one. */
  readonly after?: string;
  /** At most this many keys, 1 to 10 000; 1000 by default. */
  readonly limit?: number;
}

/** Executes a command through the log. */
export type Execute = (command: Uint8Array, options: RequestOptions) => Promise<Executed>;

const bytesOf = (value: Uint8Array | string): Uint8Array =>
  typeof value === "string" ? new TextEncoder().encode(value) : value;

/** The command's bytes. Throws {@linkcode UsageError} naming the field that is out of its limits. */
export function encodeCommand(command: KvCommand): Uint8Array {
  try {
    return encodeKvCommand(command);
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function unexpected(op: string, result: KvResult | null): RefusedError {
  const given = result === null ? "bytes that are no result of the key-value store" : `"${result.status}"`;
  return new RefusedError("malformed", `${op}: the cluster answered ${given}; does it run another state machine?`);
}

/** A `get` result as read. Throws {@linkcode RefusedError} on a result of another kind. */
export function readOutcome(bytes: Uint8Array): ReadOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status === "absent") return { found: false, storeRevision: result.storeRevision };
  if (result?.status !== "value") throw unexpected("get", result);
  const { revision, storeRevision } = result;
  return { found: true, value: result.value.slice(), revision, storeRevision };
}

/** The key-value calls. All are linearizable and reject with the errors of `errors.ts`. */
export interface KvCalls {
  put(key: string, value: Uint8Array | string, options?: RequestOptions): Promise<Written>;
  get(key: string, options?: RequestOptions): Promise<ReadOutcome>;
  /** Sets `key` if its revision is `revision` (0 = absent). */
  cas(key: string, revision: number, value: Uint8Array | string, options?: RequestOptions): Promise<WriteOutcome>;
  delete(key: string, options?: RequestOptions): Promise<WriteOutcome>;
  list(prefix?: string, options?: ListOptions): Promise<ListOutcome>;
}

/** The calls, carried out with `execute`. */
export function kvCalls(execute: Execute): KvCalls {
  const write = async (command: KvCommand, options: RequestOptions): Promise<WriteOutcome> => {
    const { result, index } = await execute(encodeCommand(command), options);
    const decoded = decodeKvResult(result);
    if (decoded?.status === "written") return { done: true, revision: decoded.revision, index };
    if (decoded?.status === "refused") return { done: false, revision: decoded.revision, index };
    throw unexpected(command.op, decoded);
  };
  return {
    async put(key, value, options = {}) {
      const { done, revision, index } = await write({ op: "put", key, value: bytesOf(value) }, options);
      if (!done) throw unexpected("put", { status: "refused", revision });
      return { revision, index };
    },
    async get(key, options = {}) {
      const command = encodeCommand({ op: "get", key });
      return readOutcome((await execute(command, { ...options, repeatable: true })).result);
    },
    // Async, so that an argument out of its limits rejects like every other error.
    async cas(key, revision, value, options = {}) {
      return await write({ op: "cas", key, revision, value: bytesOf(value) }, options);
    },
    async delete(key, options = {}) {
      return await write({ op: "delete", key }, options);
    },
    async list(prefix = "", { after = "", limit = KV_LIMITS.defaultListLimit, ...options } = {}) {
      const command = encodeCommand({ op: "list", prefix, after, limit });
      const { result } = await execute(command, { ...options, repeatable: true });
      const decoded = decodeKvResult(result);
      if (decoded?.status !== "list") throw unexpected("list", decoded);
      const { items, more, storeRevision } = decoded;
      return { items, more, storeRevision };
    },
  };
}
