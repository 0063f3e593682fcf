/** Constants of the roster that fit a cluster's distances. */
import { constantsWith, DEFAULT_CONSTANTS } from "../../../crypto/roster/constants.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Millis } from "../../../protocol/ids.ts";
import { expectedLatencyMs, type Geography } from "./geography.ts";

/** Slowest latencies in an election timeout: a client repeats a request after a quarter of it, or by chance after three quarters of that. */
const TIMEOUT_FACTOR = 6;
/** Latencies in a heartbeat: what is uncommitted for that long is repeated. */
const HEARTBEAT_FACTOR = 1.25;
const STEP_MS = 100;

const upTo = (ms: Millis, stepMs: Millis): Millis => Math.ceil(ms / stepMs) * stepMs;

/** Returns the latency of clients in the slowest region, by distance alone. */
export const slowestLatencyMs = (geography: Geography): Millis =>
  Math.max(...geography.profile.regions.map((region) => expectedLatencyMs(geography, region)));

/** Returns constants with which no timer fires while nothing fails and nothing is overloaded; the default ones where these are long enough. */
export function fittingConstants(geography: Geography): ProtocolConstants {
  const slowestMs = slowestLatencyMs(geography);
  const timeoutMs = Math.max(DEFAULT_CONSTANTS.electionTimeoutMs, upTo(TIMEOUT_FACTOR * slowestMs, STEP_MS));
  return constantsWith({
    electionTimeoutMs: timeoutMs,
    heartbeatMs: Math.max(DEFAULT_CONSTANTS.heartbeatMs, upTo(HEARTBEAT_FACTOR * slowestMs, STEP_MS)),
    patienceMs: Math.max(DEFAULT_CONSTANTS.patienceMs, 2 * timeoutMs),
    patienceCapMs: Math.max(DEFAULT_CONSTANTS.patienceCapMs, 32 * timeoutMs),
  });
}
