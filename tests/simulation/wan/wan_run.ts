/** One run in a wide area, and what is told of it. */
import type { Millis } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { expectedLatencyMs, quorumRttMs } from "./geography.ts";
import type { Phases } from "./leader_watch.ts";
import type { Answered, Load } from "./wan_clients.ts";
import { type Sent, WanCluster, type WanOptions } from "./wan_cluster.ts";

export interface WanRun extends WanOptions {
  readonly load: Load;
  /** Time before that which counts, and that which counts. */
  readonly warmUpMs: Millis;
  readonly measuredMs: Millis;
  /** Replica that crashes where the time that counts begins; null for none. */
  readonly crash: "leader" | "follower" | null;
}

/** Latency at the clients of one region. */
export interface RegionLatency {
  readonly region: string;
  readonly writes: number;
  readonly p50Ms: Millis | null;
  readonly p99Ms: Millis | null;
  /** Latency by distance alone. */
  readonly expectedMs: Millis;
}

/** Costs of an entry beside the requests in it. */
export interface EntryFigures {
  /** Responses of all replicas, one for each receiver, and the bytes of one. */
  readonly responses: number;
  readonly responseBytes: number;
  /** Signatures of replicas that the leader checks, and a follower on average. */
  readonly leaderChecks: number;
  readonly followerChecks: number;
}

export interface WanReport {
  readonly replicas: number;
  readonly leader: string;
  readonly clients: number;
  readonly outstanding: number;
  readonly valueBytes: number;
  /** Round trip from the leader to its Q-th nearest replica. */
  readonly quorumRttMs: Millis;
  readonly regions: readonly RegionLatency[];
  readonly writesPerSecond: number;
  readonly entriesPerSecond: number;
  readonly writesPerEntry: number;
  /** Medians at the leader: from proposal to certificate, and from there to commit. */
  readonly acksMs: Millis | null;
  readonly reportsMs: Millis | null;
  /** Round trips to the Q-th nearest replica from proposal to commit. */
  readonly commitRoundTrips: number | null;
  /** Bandwidth in bits per second, null for no limit; the part of it that the leader sent */
  readonly bandwidth: number | null;
  readonly leaderLink: number | null;
  readonly leaderSentPerSecond: number;
  /** Part of the time that the processors of leader and busiest follower were busy. */
  readonly leaderBusy: number;
  readonly followerBusy: number;
  readonly mostUncommitted: { readonly entries: number; readonly bytes: number };
  readonly pipeline: number | null;
  readonly perEntry: EntryFigures | null;
  /** Elections, packets of elections and repairs, and what clients sent again: nothing where timers fit. */
  readonly elections: number;
  readonly repairs: number;
  readonly repeats: number;
  readonly interventions: number;
  /** Requests that clients sent again before the time that counts. */
  readonly repeatsAtFirst: number;
  /** Longest time without an answer to anybody. */
  readonly longestGapMs: Millis;
}

/** Packets that nobody needs while nothing fails. */
const REPAIRS: readonly Packet["kind"][] = ["ResendRequest", "FetchEntries", "FetchChunks", "PreVote", "RequestVote"];

/** Counters of a cluster at one moment. */
interface Reading {
  readonly at: Millis;
  readonly answered: number;
  readonly entries: number;
  readonly leaderBytes: number;
  readonly busyMs: ReadonlyMap<string, Millis>;
  readonly checked: ReadonlyMap<string, number>;
  readonly packets: ReadonlyMap<Packet["kind"], Sent>;
  readonly terms: number;
  readonly repeats: number;
  readonly interventions: number;
}

function read({ scheduler, clients, watch, links, leader, nodes, packets, terms }: WanCluster): Reading {
  return {
    at: scheduler.now,
    answered: clients.answered.length,
    entries: watch.entries.length,
    leaderBytes: links.sentBytes(leader.core.id),
    busyMs: new Map([...nodes].map(([id, { meter }]) => [id, meter.spentMs])),
    checked: new Map([...nodes].map(([id, { meter }]) => [id, meter.checkedOfReplicas])),
    packets: new Map(packets),
    terms: terms.size,
    ...clients.sent,
  };
}

/** Runs a cluster under a load and reports on it. Equal arguments give equal reports. */
export function runWan(run: WanRun): WanReport {
  const cluster = new WanCluster(run, run.load);
  cluster.elapse(run.warmUpMs);
  cluster.watch.forgetMost();
  if (run.crash !== null) cluster.crash(run.crash);
  const before = read(cluster);
  cluster.elapse(run.measuredMs);
  return report(run, cluster, before, read(cluster));
}

function report(run: WanRun, cluster: WanCluster, before: Reading, after: Reading): WanReport {
  const seconds = run.measuredMs / 1000;
  const answered = cluster.clients.answered.slice(before.answered);
  const entries = cluster.watch.entries.slice(before.entries);
  const { load, geography } = run;
  const requests = entries.reduce((sum, entry) => sum + entry.requests, 0);
  return {
    replicas: geography.sites.length,
    leader: geography.leader.region,
    ...{ clients: load.clients, outstanding: load.outstanding, valueBytes: load.valueBytes },
    quorumRttMs: quorumRttMs(geography),
    regions: load.regions.map((region) => latencyAt(run, region, answered)),
    writesPerSecond: answered.length / seconds,
    entriesPerSecond: entries.length / seconds,
    writesPerEntry: entries.length === 0 ? 0 : requests / entries.length,
    ...phasesOf(run, entries),
    ...linkOf(run, (after.leaderBytes - before.leaderBytes) / seconds),
    ...busyOf(run, before, after),
    ...{ mostUncommitted: cluster.watch.most, pipeline: cluster.leader.core.state?.leadership?.pipeline.size ?? null },
    perEntry: entries.length === 0 ? null : entryFigures(run, before, after, entries.length),
    elections: after.terms - before.terms,
    repairs: grown(before, after, REPAIRS),
    repeats: after.repeats - before.repeats,
    interventions: after.interventions - before.interventions,
    repeatsAtFirst: before.repeats,
    longestGapMs: longestGap(answered, before.at, after.at),
  };
}

function latencyAt({ geography }: WanRun, region: string, answered: readonly Answered[]): RegionLatency {
  const times = answered.filter((answer) => answer.region === region).map(({ ms }) => ms);
  return {
    ...{ region, writes: times.length, expectedMs: expectedLatencyMs(geography, region) },
    ...{ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) },
  };
}

function phasesOf({ geography }: WanRun, entries: readonly Phases[]) {
  const commitMs = quantile(entries.map(({ proposedAt, committedAt }) => committedAt - proposedAt), 0.5);
  return {
    acksMs: quantile(entries.map(({ proposedAt, preparedAt }) => preparedAt - proposedAt), 0.5),
    reportsMs: quantile(entries.map(({ preparedAt, committedAt }) => committedAt - preparedAt), 0.5),
    commitRoundTrips: commitMs === null ? null : commitMs / quorumRttMs(geography),
  };
}

const linkOf = ({ bytesPerMs }: WanRun, leaderSentPerSecond: number) => ({
  ...{ leaderSentPerSecond, bandwidth: Number.isFinite(bytesPerMs) ? 8000 * bytesPerMs : null },
  leaderLink: Number.isFinite(bytesPerMs) ? leaderSentPerSecond / 1000 / bytesPerMs : null,
});

function busyOf({ geography: { leader }, measuredMs }: WanRun, before: Reading, after: Reading) {
  const busy = [...after.busyMs].map(([id, ms]) => ({ id, part: (ms - before.busyMs.get(id)!) / measuredMs }));
  const partsOf = (isLeader: boolean) =>
    busy.filter(({ id }) => (id === leader.id) === isLeader).map(({ part }) => part);
  return { leaderBusy: Math.max(...partsOf(true)), followerBusy: Math.max(...partsOf(false)) };
}

function entryFigures(
  { geography: { leader } }: WanRun,
  before: Reading,
  after: Reading,
  entries: number,
): EntryFigures {
  const responses = sent(after, "AppendEntriesResponse", "count") - sent(before, "AppendEntriesResponse", "count");
  const bytes = sent(after, "AppendEntriesResponse", "bytes") - sent(before, "AppendEntriesResponse", "bytes");
  const checks = [...after.checked].map(([id, count]) => ({ id, count: count - before.checked.get(id)! }));
  const followers = checks.filter(({ id }) => id !== leader.id);
  return {
    ...{ responses: responses / entries, responseBytes: bytes / responses },
    leaderChecks: checks.find(({ id }) => id === leader.id)!.count / entries,
    followerChecks: followers.reduce((sum, { count }) => sum + count, 0) / followers.length / entries,
  };
}

const sent = ({ packets }: Reading, kind: Packet["kind"], what: keyof Sent): number => packets.get(kind)?.[what] ?? 0;

const grown = (before: Reading, after: Reading, kinds: readonly Packet["kind"][]): number =>
  kinds.reduce((sum, kind) => sum + sent(after, kind, "count") - sent(before, kind, "count"), 0);

function longestGap(answered: readonly Answered[], from: Millis, to: Millis): Millis {
  const times = [from, ...answered.map(({ at }) => at), to];
  return Math.max(...times.slice(1).map((at, i) => at - times[i]!));
}

/** Returns the value that `part` of `values` do not exceed; null if there are none. */
function quantile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
}
