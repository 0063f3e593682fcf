/** Latencies of requests between two looks, and their quantiles. */
import { MAX_LATENCIES } from "./limits.ts";

/** Requests since the last look; latencies in milliseconds, null where there were none. */
export interface Latencies {
  readonly requests: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Collects latencies; those beyond `MAX_LATENCIES` between two looks are counted only. */
export class LatencyWindow {
  #latencies: number[] = [];
  #requests = 0;

  /** Records one request that took `ms`. */
  record(ms: number): void {
    this.#requests++;
    if (this.#latencies.length < MAX_LATENCIES) this.#latencies.push(ms);
  }

  /** Returns what was recorded since the last call, and begins anew. */
  take(): Latencies {
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
    const taken = { requests: this.#requests, p50Ms: at(0.5), p99Ms: at(0.99) };
    this.#latencies = [];
    this.#requests = 0;
    return taken;
  }
}

/** Returns `handler` with the time of each request for keys, leases or a transaction recorded, from its arrival to its answer. */
export function timed(
  window: LatencyWindow,
  handler: (request: Request) => Promise<Response> | Response,
  now: () => number = () => performance.now(),
): (request: Request) => Promise<Response> {
  return async (request) => {
    const isCall = /^\/v1\/(kv|txn|leases)(\/|$)/.test(new URL(request.url).pathname);
    const startedAt = now();
    try {
      return await handler(request);
    } finally {
      if (isCall) window.record(now() - startedAt);
    }
  };
}
