/**
 * Places of replicas and clients, and the time between them. The round trips are those that IBM publishes for its regions: averages over
 * 20 December 2025 to 18 January 2026, TCP between virtual machines, in milliseconds. Source: "Network latency dashboards" of the IBM Cloud
 * documentation, https://cloud.ibm.com/docs/vpc?topic=vpc-network-latency-dashboard (repository ibm-cloud-docs/vpc, commit be2d5d2). Measured
 * figures are facts; nothing else is taken from there.
 */
import type { Millis } from "../../../protocol/ids.ts";

/** A set of regions. */
export interface Profile {
  readonly name: string;
  readonly what: string;
  readonly regions: readonly string[];
  /** Replicas unless another number is given. */
  readonly replicas: number;
  readonly rttMs: (a: string, b: string) => Millis;
}

/** Round trips from the region of the row to those after it. */
const PUBLISHED_RTT_MS: Readonly<Record<string, Readonly<Record<string, Millis>>>> = {
  Dallas: { Washington: 31, Frankfurt: 122, London: 113 },
  Washington: { Frankfurt: 89, London: 76, Sydney: 215, Tokyo: 139, "Sao Paulo": 127 },
  Frankfurt: { London: 13, Madrid: 29, Sydney: 248, Tokyo: 235, "Sao Paulo": 205 },
  London: { Madrid: 25 },
  Sydney: { Tokyo: 115, "Sao Paulo": 328 },
  Tokyo: { "Sao Paulo": 283 },
};

/** Round trip between two zones of one region: the same source has 0.3 to 2 ms. */
export const REGION_RTT_MS: Millis = 1;

const publishedRtt = (a: string, b: string): Millis =>
  a === b ? REGION_RTT_MS : PUBLISHED_RTT_MS[a]?.[b] ?? PUBLISHED_RTT_MS[b]![a]!;

const published = (name: string, what: string, replicas: number, regions: readonly string[]): Profile => ({
  ...{ name, what, replicas, regions },
  rttMs: publishedRtt,
});

export const PROFILES: readonly Profile[] = [
  published("europe", "three regions of Europe", 4, ["Frankfurt", "London", "Madrid"]),
  published("atlantic", "two regions of the USA and two of Europe", 4, ["Washington", "Dallas", "London", "Frankfurt"]),
  published("world", "five regions on four continents", 7, ["Washington", "Frankfurt", "Tokyo", "Sydney", "Sao Paulo"]),
];

export const EVEN = "even";

/** Returns a profile with a region for each of `replicas`, all of them equally far apart. */
export const evenProfile = (rttMs: Millis, replicas: number): Profile => ({
  ...{ name: EVEN, what: `a region for each replica, ${rttMs} ms from every other`, replicas },
  regions: Array.from({ length: replicas }, (_, i) => `R${i + 1}`),
  rttMs: (a, b) => a === b ? REGION_RTT_MS : rttMs,
});
