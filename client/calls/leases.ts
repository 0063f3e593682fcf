/** Leases: keys that are deleted together once nobody renews them any more (`docs/kv-commands.md`). */
import { decodeKvResult, KV_LIMITS, type KvCommand, type LeaseItem } from "../../state_machine/mod.ts";
import { BusyError, NoQuorumError, RefusedError, UndecidedError, UsageError } from "../errors.ts";
import { pause } from "../loop/pause.ts";
import type { CallOptions, Executed, RequestOptions } from "../loop/requests.ts";
import { encodeCommand } from "./encode.ts";
import { unexpected, type Written } from "./kv_outcomes.ts";

/** A lease, as it was granted or renewed. */
export interface LeaseGranted {
  /** Its number, never given again. */
  readonly lease: number;
  /** Milliseconds that it lasts from when the cluster ordered that, which is after the call and before its answer. */
  readonly ttlMs: number;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** Leases by ascending numbers. `more`: there are further ones; list again `after` the last. */
export interface LeasesOutcome {
  readonly items: readonly LeaseItem[];
  readonly more: boolean;
}

/** Selects the leases to list. */
export interface LeasesOptions extends CallOptions {
  /** Only leases with numbers above this one. */
  readonly after?: number;
  /** Maximum number of leases, 1 to 1000; 1000 by default. */
  readonly limit?: number;
}

export interface KeepAliveOptions extends CallOptions {
  /** Milliseconds between two renewals; a third of what the lease lasts by default. */
  readonly everyMs?: number;
}

/**
 * The calls about leases. A lease lasts for `ttlMs` after it was granted or last renewed, by the cluster's time (§15), and ends some seconds after that, never before;
 * then all its keys are deleted at one revision. Only who was granted it renews it, revokes it and puts keys into it. They reject with {@linkcode RefusedError}
 * "no-lease" where it has ended or is another's, "lease-limit" where there are too many.
 */
export interface LeaseCalls {
  /** Grants a lease: `ttlMs` is 1000 (a second) to 604 800 000 (a week). */
  grantLease(ttlMs: number, options?: RequestOptions): Promise<LeaseGranted>;
  /** Has a lease last for its whole time again. */
  renewLease(lease: number, options?: CallOptions): Promise<LeaseGranted>;
  /** Ends a lease now, and deletes its keys; returns the store's revision behind that. */
  revokeLease(lease: number, options?: RequestOptions): Promise<Written>;
  /** Lists the leases of all clients. */
  listLeases(options?: LeasesOptions): Promise<LeasesOutcome>;
  /**
   * Renews a lease again and again, until `signal` aborts: then it resolves, and the lease ends in its own time. Rejects once the lease is gone. While the cluster does not
   * answer it goes on trying: time in which nothing can be ordered does not count.
   */
  keepAlive(lease: number, options?: KeepAliveOptions): Promise<void>;
}

/** Requests that go through the log. */
interface Ordered {
  readonly execute: (command: Uint8Array, options?: RequestOptions) => Promise<Executed>;
  readonly ask: (query: Uint8Array, options?: CallOptions) => Promise<Executed>;
}

/** Milliseconds before a renewal that failed is tried again. */
const RETRY_MS = 200;

/** Returns the calls. */
export function leaseCalls({ execute, ask }: Ordered): LeaseCalls {
  const order = async (command: KvCommand, options: RequestOptions) => {
    const { result, index } = await execute(encodeCommand(command), options);
    return { result: decodeKvResult(result), index };
  };
  const granted = async (command: KvCommand, options: RequestOptions): Promise<LeaseGranted> => {
    const { result, index } = await order(command, options);
    if (result?.status !== "lease") throw unexpected(command.op, result);
    return { lease: result.lease, ttlMs: result.ttlMs, index };
  };
  // Renewing twice is as good as once.
  const renew = (lease: number, options: CallOptions) =>
    granted({ op: "renew", lease }, { ...options, repeatable: true });
  return {
    grantLease: async (ttlMs, options = {}) => await granted({ op: "grant", ttlMs }, options),
    renewLease: async (lease, options = {}) => await renew(lease, options),
    async revokeLease(lease, options = {}) {
      const { result, index } = await order({ op: "revoke", lease }, options);
      if (result?.status !== "written") throw unexpected("revoke", result);
      return { revision: result.revision, index };
    },
    async listLeases({ after = 0, limit = KV_LIMITS.defaultListLimit, ...options } = {}) {
      const result = decodeKvResult((await ask(encodeCommand({ op: "leases", after, limit }), options)).result);
      if (result?.status !== "leases") throw unexpected("leases", result);
      return { items: result.items, more: result.more };
    },
    keepAlive: (lease, options = {}) => keepAlive((call) => renew(lease, call), options),
  };
}

async function keepAlive(
  renew: (options: CallOptions) => Promise<LeaseGranted>,
  { everyMs, signal = new AbortController().signal, ...options }: KeepAliveOptions,
): Promise<void> {
  if (everyMs !== undefined && !(everyMs > 0)) {
    throw new UsageError(`everyMs was given as ${everyMs}; wanted more than 0`);
  }
  while (!signal.aborted) {
    const waitMs = await tryToRenew(() => renew({ ...options, signal }), signal, everyMs);
    await pause(waitMs, signal);
  }
}

/** Returns the milliseconds until the next renewal. Rejects where none will do any good. */
async function tryToRenew(
  renew: () => Promise<LeaseGranted>,
  signal: AbortSignal,
  everyMs: number | undefined,
): Promise<number> {
  try {
    const { ttlMs } = await renew();
    return everyMs ?? ttlMs / 3;
  } catch (error) {
    if (signal.aborted) return 0;
    const passes = error instanceof NoQuorumError || error instanceof BusyError || error instanceof UndecidedError ||
      (error instanceof RefusedError && error.code === "queue-full");
    if (passes) return RETRY_MS;
    throw error;
  }
}
