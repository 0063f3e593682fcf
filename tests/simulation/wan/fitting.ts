/** Constants of the roster that fit a cluster's distances. */
import { constantsWith, DEFAULT_CONSTANTS } from "../../../crypto/roster/constants.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Millis } from "../../../protocol/ids.ts";
import { expectedLatencyMs, type Geography } from "./geography.ts";

/** Slowest latencies in an election timeout: a client repeats a request after a quarter of it, or by chance after three quarters of that. */
const TIMEOUT_FACTOR = 6;
const STEP_MS = 100;

/** Returns the latency of clients in the slowest region, by distance alone. */
export const slowestLatencyMs = (geography: Geography): Millis =>
  Math.max(...geography.profile.regions.map((region) => expectedLatencyMs(geography, region)));

/**
 * Returns constants with which no timer fires while nothing fails and nothing is overloaded, as `keygen --election-timeout-ms` makes them; the
 * default ones where these are long enough.
 */
export function fittingConstants(geography: Geography): ProtocolConstants {
  const wantedMs = Math.ceil(TIMEOUT_FACTOR * slowestLatencyMs(geography) / STEP_MS) * STEP_MS;
  return constantsWith({ electionTimeoutMs: Math.max(DEFAULT_CONSTANTS.electionTimeoutMs, wantedMs) });
}
