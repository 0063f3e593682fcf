/** Queries that no fast read answered (§7.4). */
import { RefusedError } from "../errors.ts";
import type { CallOptions } from "../loop/requests.ts";

/**
 * Answers a query of the state machine where one fast read did not. It never hands the query to `execute`: to `StateMachine.apply` its bytes
 * are those of a command.
 */
export type OrderedQuery = (query: Uint8Array, options: CallOptions) => Promise<Uint8Array>;

/** Reads once from outside the log; null if the replicas did not agree within the time of a fast read. */
export type ReadFast = (query: Uint8Array, options: CallOptions) => Promise<Uint8Array | null>;

const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 200;

/**
 * Returns a stand-in until requests say that they are to be answered by `query` at their place in the log: it reads fast again and again, ever
 * more seldom, until enough replicas have one version of the state. Rejects with {@linkcode RefusedError} after `timeoutMs`.
 */
export function repeatedReads(readFast: ReadFast, now: () => number, timeoutMs: number): OrderedQuery {
  return async (query, options) => {
    const startedAt = now();
    const deadlineAt = startedAt + (options.timeoutMs ?? timeoutMs);
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      await pause(pauseMs, options.signal);
      const left = deadlineAt - now();
      if (left <= 0) throw noCommonState(now() - startedAt);
      const payload = await readFast(query, { ...options, timeoutMs: left });
      if (payload !== null) return payload;
    }
  };
}

const noCommonState = (waitedMs: number): RefusedError =>
  new RefusedError(
    "no-common-state",
    `query: within ${
      Math.round(waitedMs)
    } ms no quorum of replicas answered it from one version of the state; wanted that. ` +
      "They change too quickly, or too few answer: ask again, or have it ordered as a command of your own (execute)",
  );

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
