/** The built-in key-value store's calls, on top of a client that executes commands. */
import { decodeKvResult, encodeKvCommand, KV_LIMITS, type KvCommand, type KvResult } from "../../state_machine/mod.ts";
import { RefusedError, UsageError } from "../errors.ts";
import type { CallOptions, Executed, RequestOptions } from "../loop/requests.ts";

/** Result of a completed write. */
export interface Written {
  /** The store's new revision. */
  readonly revision: number;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** Result of a `cas` or `delete`. If it was not done, `revision` is the key's own, 0 for an absent key. */
export type WriteOutcome = Written & { readonly done: boolean };

/** Result of a `get`: a key's value, or its absence, at `storeRevision`. */
export type ReadOutcome =
  | {
    readonly found: true;
    readonly value: Uint8Array;
    /** Revision of the write that set the value. */
    readonly revision: number;
    readonly storeRevision: number;
  }
  | { readonly found: false; readonly storeRevision: number };

/** Result of a fast read: a key's value, or its absence. */
export type FastReadOutcome =
  | {
    readonly found: true;
    readonly value: Uint8Array;
    /** Revision of the write that set the value. */
    readonly revision: number;
  }
  | { readonly found: false };

/** Result of a `list`: keys in order of their UTF-8 bytes. `more`: there are further keys; list again `after` the last one. */
export interface ListOutcome {
  readonly items: readonly { readonly key: string; readonly revision: number; readonly value: Uint8Array }[];
  readonly more: boolean;
  readonly storeRevision: number;
}

/** Selects the part of the keys to list. */
export interface ListOptions extends CallOptions {
  /** Only keys after this one. */
  readonly after?: string;
  /** Maximum number of keys, 1 to 1000; 1000 by default. */
  readonly limit?: number;
}

/** Requests that go through the log. */
export interface Ordered {
  /** Has a command executed. */
  readonly execute: (command: Uint8Array, options?: RequestOptions) => Promise<Executed>;
  /** Has a query answered at its place in the log (§7.4). */
  readonly ask: (query: Uint8Array, options?: CallOptions) => Promise<Executed>;
}

/** Returns a value's bytes. Throws {@linkcode UsageError} on text that UTF-8 has no bytes for; an encoder would replace it in silence. */
function bytesOf(value: Uint8Array | string): Uint8Array {
  if (typeof value !== "string") return value;
  if (!value.isWellFormed()) {
    throw new UsageError("value was given text with half a surrogate pair; wanted well-formed text, or bytes");
  }
  return new TextEncoder().encode(value);
}

/** Encodes a command. Throws {@linkcode UsageError} naming the field that is out of its limits. */
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

/** Reads a `get` result. Throws {@linkcode RefusedError} on a result of another kind. */
export function readOutcome(bytes: Uint8Array): ReadOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status === "absent") return { found: false, storeRevision: result.storeRevision };
  if (result?.status !== "value") throw unexpected("get", result);
  const { revision, storeRevision } = result;
  return { found: true, value: result.value.slice(), revision, storeRevision };
}

/** Reads a `read` result. Throws {@linkcode RefusedError} on a result of another kind. */
export function fastReadOutcome(bytes: Uint8Array): FastReadOutcome {
  const result = decodeKvResult(bytes);
  if (result?.status === "absent") return { found: false };
  if (result?.status !== "current") throw unexpected("read", result);
  return { found: true, value: result.value.slice(), revision: result.revision };
}

/**
 * The key-value calls. Keys are 1 to 1024 bytes of UTF-8, values at most 64 KiB; a text value is sent as UTF-8. All calls are linearizable
 * and reject with the errors of `errors.ts`.
 */
export interface KvCalls {
  /** Sets `key`. */
  put(key: string, value: Uint8Array | string, options?: RequestOptions): Promise<Written>;
  /** Reads `key`. */
  get(key: string, options?: CallOptions): Promise<ReadOutcome>;
  /** Sets `key` if its revision is `revision` (0 = absent). */
  cas(key: string, revision: number, value: Uint8Array | string, options?: RequestOptions): Promise<WriteOutcome>;
  /** Deletes `key`; not done if it is absent. */
  delete(key: string, options?: RequestOptions): Promise<WriteOutcome>;
  /** Lists keys that begin with `prefix`, all by default. */
  list(prefix?: string, options?: ListOptions): Promise<ListOutcome>;
}

/** Returns the calls. Reads are ordered as queries. */
export function kvCalls({ execute, ask }: Ordered): KvCalls {
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
      return readOutcome((await ask(command, options)).result);
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
      const { result } = await ask(command, options);
      const decoded = decodeKvResult(result);
      if (decoded?.status !== "list") throw unexpected("list", decoded);
      const { items, more, storeRevision } = decoded;
      return { items, more, storeRevision };
    },
  };
}
