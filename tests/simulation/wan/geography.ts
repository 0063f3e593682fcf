/** A cluster on the map, and what a commit costs there if nothing but distance counts. */
import { type Millis, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { Profile } from "./profiles.ts";

export interface Site {
  readonly id: ReplicaId;
  readonly region: string;
}

export interface Geography {
  readonly profile: Profile;
  /** The replicas in roster order. */
  readonly sites: readonly Site[];
  readonly leader: Site;
}

/** In the first term it is the turn of the second replica of the roster (§6.10). */
const FIRST_LEADER = 1;

/** Returns the geography of `n` replicas, dealt out to the regions in turn, with the first leader in `leaderRegion`. */
export function layOut(profile: Profile, n: number, leaderRegion: string): Geography {
  const regions = Array.from({ length: n }, (_, i) => profile.regions[i % profile.regions.length]!);
  const at = regions.indexOf(leaderRegion);
  [regions[FIRST_LEADER], regions[at]] = [regions[at]!, regions[FIRST_LEADER]!];
  const sites = regions.map((region, i) => ({ id: replicaId(`r${i + 1}`), region }));
  return { profile, sites, leader: sites[FIRST_LEADER]! };
}

/** Returns the time from one region to another, or between two zones of one. */
export const oneWayMs = ({ rttMs }: Profile, a: string, b: string): Millis => rttMs(a, b) / 2;

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Returns the round trip from the leader to its Q-th nearest replica, itself the first: Q replicas have heard of an entry and said so. */
export function quorumRttMs({ profile, sites, leader }: Geography): Millis {
  const trips = sites.map(({ id, region }) => id === leader.id ? 0 : profile.rttMs(leader.region, region));
  return ascending(trips)[quorumOf(sites.length).quorum - 1]!;
}

/**
 * Returns the time at which each replica commits an entry that its leader sends at 0. A replica holds a certificate once it has the entry and
 * Q acks, and commits once Q have told it of theirs (§5.5, §5.6).
 */
export function commitTimes({ profile, sites, leader }: Geography): Millis[] {
  const { quorum } = quorumOf(sites.length);
  const between = (a: Site, b: Site) => a.id === b.id ? 0 : oneWayMs(profile, a.region, b.region);
  const heardBy = (times: readonly Millis[], at: Site) =>
    ascending(sites.map((from, i) => times[i]! + between(from, at)))[quorum - 1]!;
  const appended = sites.map((site) => between(leader, site));
  const prepared = sites.map((site, i) => Math.max(appended[i]!, heardBy(appended, site)));
  return sites.map((site) => heardBy(prepared, site));
}

/** Returns the time from a client's call in `region` until f + 1 replicas have answered it. */
export function expectedLatencyMs(geography: Geography, region: string): Millis {
  const { profile, sites, leader } = geography;
  const { weak } = quorumOf(sites.length);
  const commits = commitTimes(geography);
  const answers = sites.map((site, i) => commits[i]! + oneWayMs(profile, site.region, region));
  return oneWayMs(profile, region, leader.region) + ascending(answers)[weak - 1]!;
}

/** Returns the regions of a cluster of `n`, that with the least average latency of all regions' clients as leader's region first. */
export function rankLeaderRegions(profile: Profile, n: number): string[] {
  const { regions } = profile;
  const costs = regions.slice(0, n).map((region) => {
    const geography = layOut(profile, n, region);
    return { region, ms: regions.reduce((sum, from) => sum + expectedLatencyMs(geography, from), 0) };
  });
  return costs.sort((a, b) => a.ms - b.ms).map(({ region }) => region);
}
