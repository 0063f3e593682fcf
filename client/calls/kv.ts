/** The built-in key-value store's calls, on top of a client that executes commands. */
import { decodeKvResult, KV_LIMITS, type KvCommand } from "../../state_machine/mod.ts";
import type { CallOptions, Executed, RequestOptions } from "../loop/requests.ts";
import { encodeCommand } from "./encode.ts";
import {
  type KeysOutcome,
  keysOutcome,
  type ListOutcome,
  listOutcome,
  type ReadOutcome,
  readOutcome,
  type TransactionOutcome,
  transactionOutcome,
  unexpected,
  type WriteOutcome,
  type Written,
} from "./kv_outcomes.ts";
import { type LeaseCalls, leaseCalls } from "./leases.ts";
import { bytesOf, type Transaction, transactionCommand } from "./transaction.ts";

/** Selects the part of the keys to list. */
export interface ListOptions extends CallOptions {
  /** Only keys after this one. */
  readonly after?: string;
  /** Maximum number of keys, 1 to 1000; 1000 by default. */
  readonly limit?: number;
}

/** Selects keys by their order. */
export interface RangeOptions extends ListOptions {
  /** First key, which need not be there; the first of all by default. */
  readonly from?: string;
  /** Key behind the last one; by default there is none. */
  readonly to?: string;
}

/** Says more of a put. */
export interface PutOptions extends RequestOptions {
  /** The lease that the key is to go with, one of this client's; none by default. */
  readonly lease?: number;
}

/** Requests that go through the log. */
export interface Ordered {
  /** Has a command executed. */
  readonly execute: (command: Uint8Array, options?: RequestOptions) => Promise<Executed>;
  /** Has a query answered at its place in the log (§7.4). */
  readonly ask: (query: Uint8Array, options?: CallOptions) => Promise<Executed>;
}

/**
 * The key-value calls. Keys are 1 to 1024 bytes of UTF-8, values at most 64 KiB; a text value is sent as UTF-8. All calls are linearizable
 * and reject with the errors of `errors.ts`.
 */
export interface KvCalls extends LeaseCalls {
  /** Sets `key`; it leaves the lease that it was in, if the options name no other. */
  put(key: string, value: Uint8Array | string, options?: PutOptions): Promise<Written>;
  /** Reads `key`. */
  get(key: string, options?: CallOptions): Promise<ReadOutcome>;
  /** Sets `key` if its revision is `revision` (0 = absent). */
  cas(key: string, revision: number, value: Uint8Array | string, options?: RequestOptions): Promise<WriteOutcome>;
  /** Deletes `key`; not done if it is absent. */
  delete(key: string, options?: RequestOptions): Promise<WriteOutcome>;
  /** Lists keys that begin with `prefix`, all by default. */
  list(prefix?: string, options?: ListOptions): Promise<ListOutcome>;
  /** Lists keys from one to below another, all by default. */
  range(options?: RangeOptions): Promise<ListOutcome>;
  /** Likewise, without the values. */
  keys(options?: RangeOptions): Promise<KeysOutcome>;
  /**
   * Compares keys, then does one branch of operations or the other, as one: nothing of others comes between, and all that it changes has one revision.
   * At most 64 comparisons, 64 operations a branch, and `LIMITS.maxCommandBytes` in all; no branch may write a key twice. Rejects with
   * {@linkcode RefusedError} "too-large", and does nothing, where its reads could be longer than `LIMITS.maxResultBytes`.
   */
  txn(transaction: Transaction, options?: RequestOptions): Promise<TransactionOutcome>;
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
  const rangeOf = async ({ from = "", to = "", after = "", limit, ...options }: RangeOptions, keysOnly: boolean) => {
    const asked = { op: "range", from, to, after, limit: limit ?? KV_LIMITS.defaultListLimit, keysOnly } as const;
    return (await ask(encodeCommand(asked), options)).result;
  };
  return {
    ...leaseCalls({ execute, ask }),
    async put(key, value, { lease, ...options } = {}) {
      const leased = lease === undefined ? {} : { lease };
      const { done, revision, index } = await write({ op: "put", key, value: bytesOf(value), ...leased }, options);
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
      return listOutcome((await ask(command, options)).result);
    },
    range: async (options = {}) => listOutcome(await rangeOf(options, false)),
    keys: async (options = {}) => keysOutcome(await rangeOf(options, true)),
    async txn(transaction, options = {}) {
      const command = transactionCommand(transaction);
      const { result, index } = await execute(encodeCommand(command), options);
      return transactionOutcome(result, index, command);
    },
  };
}
