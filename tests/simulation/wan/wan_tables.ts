/** Reports on wide areas as text. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Millis } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { figure, textTable } from "../../../tasks/support/text_table.ts";
import type { RegionLatency, WanReport } from "./wan_run.ts";

/** One write at a time, measured from each region in turn. */
export interface LatencyReport {
  readonly constants: ProtocolConstants;
  readonly perRegion: readonly WanReport[];
}

const ms = (value: Millis | null): string => value === null ? "–" : value.toFixed(0);
const part = (value: number | null): string => value === null ? "–" : `${(100 * value).toFixed(0)} %`;

const cellOf = ({ p50Ms, p99Ms, expectedMs }: RegionLatency): string =>
  `${ms(p50Ms)} / ${ms(p99Ms)} (${ms(expectedMs)})`;

/** Returns one line for each number of replicas: what a write takes from each region, p50 / p99 (by distance alone), and where that goes. */
export function latencyTable(reports: readonly LatencyReport[]): string[] {
  const regions = reports[0]!.perRegion.map((report) => report.regions[0]!.region);
  const head = ["n", "f", "leader in", "RTT to Q-th", "acks", "reports", "in RTTs", ...regions];
  return textTable(
    head,
    reports.map(({ perRegion }) => {
      const { replicas, leader, quorumRttMs, acksMs, reportsMs, commitRoundTrips } = perRegion[0]!;
      return [
        ...[String(replicas), String(quorumOf(replicas).f), leader, ms(quorumRttMs), ms(acksMs), ms(reportsMs)],
        ...[commitRoundTrips?.toFixed(2) ?? "–", ...perRegion.map((report) => cellOf(report.regions[0]!))],
      ];
    }),
  );
}

const LOAD_HEAD = [
  ...["n", "clients", "writes/s", "p50 ms", "p99 ms", "entries/s", "in flight", "MiB", "pipeline"],
  ...["leader sends Mbit/s", "link", "leader busy", "follower busy", "repeats", "at first"],
  ...["interventions", "repairs", "elections", "gap ms"],
];

/** Returns one line for each run under load; latencies are those of the slowest region. */
export const loadTable = (reports: readonly WanReport[]): string[] => textTable(LOAD_HEAD, reports.map(loadCells));

function loadCells(report: WanReport): string[] {
  const { replicas, clients, outstanding, regions, mostUncommitted, repairs, elections } = report;
  const slowest = regions.reduce((a, b) => (b.p50Ms ?? Infinity) > (a.p50Ms ?? Infinity) ? b : a);
  const load = outstanding === 1 ? `${regions.length} × ${clients}` : `${regions.length} × ${clients} × ${outstanding}`;
  return [
    ...[String(replicas), load, figure(report.writesPerSecond), ms(slowest.p50Ms), ms(slowest.p99Ms)],
    ...[figure(report.entriesPerSecond), String(mostUncommitted.entries)],
    ...[figure(mostUncommitted.bytes / 2 ** 20), String(report.pipeline ?? "–")],
    ...[figure(report.leaderSentPerSecond * 8 / 1e6), part(report.leaderLink)],
    ...[part(report.leaderBusy), part(report.followerBusy)],
    ...[String(report.repeats), String(report.repeatsAtFirst), String(report.interventions)],
    ...[String(repairs), String(elections), ms(report.longestGapMs)],
  ];
}

/** Returns one line for each run: what an entry costs beside the requests in it. */
export const entryTable = (reports: readonly WanReport[]): string[] =>
  textTable(
    ["n", "clients", "writes an entry", "responses", "bytes each", "checked by the leader", "by a follower"],
    reports.map(({ replicas, clients, regions, writesPerEntry, perEntry }) => [
      ...[String(replicas), `${regions.length} × ${clients}`, figure(writesPerEntry)],
      ...[perEntry?.responses, perEntry?.responseBytes, perEntry?.leaderChecks, perEntry?.followerChecks]
        .map((value) => figure(value ?? NaN)),
    ]),
  );
