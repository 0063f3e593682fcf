/** Waits of a client, all in milliseconds. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { UsageError } from "../errors.ts";

/** Time limits and intervals of a client, in milliseconds; each at least 1. */
export interface ClientTimings {
  /** Default deadline of a call; 10 000 by default. */
  readonly timeoutMs: number;
  /** Wait before a request is sent again, to all replicas; a quarter of `interventionMs` by default. */
  readonly retryMs: number;
  readonly retryCapMs: number;
  /** Wait before the first intervention for a request (§7.3); one election timeout by default. */
  readonly interventionMs: number;
  /** Longest wait between interventions; eight times `interventionMs` by default. */
  readonly interventionCapMs: number;
  /** Interval of hellos while a request or query is pending; 1000 by default, and 5000 otherwise. */
  readonly helloBusyMs: number;
  readonly helloIdleMs: number;
  /** Wait before a query is sent again to replicas that did not answer; 300 by default. */
  readonly queryRetryMs: number;
  /** Time a status call waits for silent replicas; 2000 by default. */
  readonly statusMs: number;
  /** Time a fast read waits before it goes through the log (§7.4); 500 by default. */
  readonly fastReadMs: number;
}

const RETRIES_PER_INTERVENTION = 4;
const INTERVENTION_CAP_FACTOR = 8;

/**
 * Returns the timings for a cluster: a leader has one election timeout to get a request answered, and the request is repeated a few times
 * before. Throws {@linkcode UsageError} if a changed value is not a number of at least 1.
 */
export function timingsFor(constants: ProtocolConstants, changes: Partial<ClientTimings> = {}): ClientTimings {
  const interventionMs = changes.interventionMs ?? constants.electionTimeoutMs;
  const retryMs = Math.max(1, interventionMs / RETRIES_PER_INTERVENTION);
  const timings: ClientTimings = {
    timeoutMs: 10_000,
    retryMs,
    retryCapMs: Math.max(retryMs, interventionMs),
    interventionMs,
    interventionCapMs: INTERVENTION_CAP_FACTOR * interventionMs,
    helloBusyMs: 1000,
    helloIdleMs: 5000,
    queryRetryMs: 300,
    statusMs: 2000,
    fastReadMs: 500,
    ...changes,
  };
  for (const [name, value] of Object.entries(timings)) {
    if (!(value >= 1 && Number.isFinite(value))) {
      throw new UsageError(`${name} was given ${value}; wanted a number of at least 1`);
    }
  }
  return { ...timings, retryCapMs: Math.max(timings.retryMs, timings.retryCapMs) };
}
