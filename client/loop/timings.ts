/** Waits of a client, all in milliseconds. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { UsageError } from "../errors.ts";

/** How long a client waits for what. */
export interface ClientTimings {
  /** Default deadline of a call. */
  readonly timeoutMs: number;
  /** Before a request is sent again, to all replicas. */
  readonly retryMs: number;
  readonly retryCapMs: number;
  /** Before the first intervention for a request (§7.3). */
  readonly interventionMs: number;
  /** Longest wait between interventions. */
  readonly interventionCapMs: number;
  /** Between hellos while anything is outstanding. */
  readonly helloBusyMs: number;
  readonly helloIdleMs: number;
  /** Before a query is sent again to those that did not answer. */
  readonly queryRetryMs: number;
  /** How long a status call waits for silent replicas. */
  readonly statusMs: number;
  /** How long a fast read waits before it goes through the log (§7.4). */
  readonly fastReadMs: number;
}

const RETRIES_PER_INTERVENTION = 4;
const INTERVENTION_CAP_FACTOR = 8;

/**
 * The timings for a cluster: a leader has one election timeout to get a request answered, and is asked again a few times before. Throws
 * {@linkcode UsageError} where a changed one is no number of at least 1.
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
