/** Metrics of a replica's work: entries and their phases, requests, disk, signatures, network, process (docs/metrics.md). */
import { byCode, type Metric } from "../../metrics/mod.ts";
import { PHASES } from "../status/phase_timings.ts";
import type { ReplicaSource } from "./replica_source.ts";

export const LOG_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    type: "gauge",
    name: "bft_raft_last_index",
    help: "Last index of the log.",
    read: ({ report }) => report.lastIndex,
  },
  {
    ...{ type: "gauge", name: "bft_raft_prepared_index", help: "Index of the highest certificate." },
    read: ({ report }) => report.prepared.index,
  },
  {
    ...{ type: "gauge", name: "bft_raft_commit_index", help: "Index up to which the log is committed here." },
    read: ({ report }) => report.commitIndex,
  },
  {
    ...{ type: "gauge", name: "bft_raft_applied_index", help: "Index up to which the log is applied here." },
    read: ({ report }) => report.appliedIndex,
  },
  {
    ...{ type: "gauge", name: "bft_raft_log_base_index", help: "Index up to which entries were dropped here." },
    read: ({ report }) => report.logBase,
  },
  {
    ...{
      type: "gauge",
      name: "bft_raft_checkpoint_index",
      help: "Index of the stable checkpoint; 0 before the first.",
    },
    read: ({ report }) => report.checkpoint?.index ?? 0,
  },
  {
    ...{ type: "gauge", name: "bft_raft_commit_stalled_seconds" },
    help: "Time for which something has waited here while nothing was committed; 0 while nothing waits.",
    read: ({ stalledMs }) => stalledMs / 1000,
  },
  {
    ...{ type: "histogram", name: "bft_raft_phase_seconds", labels: ["phase"] },
    help: "Time that entries take for each phase at this replica.",
    read: ({ meters: { phases: { seconds } } }) => PHASES.map((phase) => [{ phase }, seconds[phase]] as const),
  },
  {
    ...{ type: "histogram", name: "bft_raft_entry_requests", help: "Requests in each committed entry." },
    read: ({ meters }) => meters.phases.entryRequests,
  },
  {
    ...{ type: "gauge", name: "bft_raft_transfer_chunks", labels: ["chunks"] },
    help: "Chunks of the state that is being fetched; none while none is.",
    read({ report: { stateTransfer } }) {
      if (stateTransfer === null) return null;
      const { chunksReceived: received, chunksMissing: missing } = stateTransfer;
      return byCode("chunks", { received, ...(missing === null ? {} : { missing }) });
    },
  },
  {
    ...{ type: "gauge", name: "bft_raft_transfer_bytes" },
    help: "Bytes received of the state that is being fetched; none while none is.",
    read: ({ report: { stateTransfer } }) => stateTransfer && stateTransfer.bytesReceived,
  },
];

export const REQUEST_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{ type: "gauge", name: "bft_raft_requests_queued", help: "Requests that wait for this leader to order them." },
    read: ({ report }) => report.queued,
  },
  {
    ...{ type: "gauge", name: "bft_raft_requests_shown" },
    help: "Requests that clients showed to this replica and that are not executed.",
    read: ({ report }) => report.pace.shown,
  },
  {
    ...{ type: "gauge", name: "bft_raft_oldest_shown_seconds" },
    help: "Time that the oldest of them has waited for the leader.",
    read: ({ report }) => report.pace.oldestShownMs / 1000,
  },
  {
    ...{
      type: "gauge",
      name: "bft_raft_pace_seconds",
      help: "Pace expected of the leader; 0 where the roster names none.",
    },
    read: ({ report }) => report.pace.paceMs / 1000,
  },
  {
    ...{
      type: "gauge",
      name: "bft_raft_interventions_pending",
      help: "Requests under intervention that are not settled here.",
    },
    read: ({ report }) => report.interventions,
  },
  {
    ...{ type: "counter", name: "bft_raft_interventions_total" },
    help:
      "Requests that clients showed to all replicas, as they were not executed in time, and that were taken up here.",
    read: ({ meters }) => meters.interventions,
  },
  { type: "gauge", name: "bft_raft_sessions", help: "Sessions open.", read: ({ report }) => report.sessions },
  {
    ...{ type: "gauge", name: "bft_raft_clients", help: "Clients connected to this replica." },
    read: ({ report }) => report.clients,
  },
];

export const DISK_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{ type: "gauge", name: "bft_raft_storage_refused", help: "1 while the disk refuses writes." },
    read: ({ report: { storage } }) => Number(storage.state === "refused"),
  },
  {
    ...{ type: "counter", name: "bft_raft_storage_refusals_total", help: "Times that the disk began to refuse." },
    read: ({ report: { storage } }) => storage.refusals,
  },
  {
    ...{ type: "counter", name: "bft_raft_storage_commits_total", help: "Commits that wrote something." },
    read: ({ report: { storage } }) => storage.commits,
  },
  {
    ...{ type: "counter", name: "bft_raft_storage_slow_commits_total" },
    help: "Commits that took longer than an election timeout.",
    read: ({ report: { storage } }) => storage.slowCommits,
  },
  {
    ...{ type: "histogram", name: "bft_raft_storage_sync_seconds" },
    help: "Time of each commit that waited until the disk had it.",
    read: ({ meters }) => meters.durableCommits,
  },
];

export const PROCESS_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{ type: "counter", name: "bft_raft_signatures_total", labels: ["work"] },
    help: "Signatures made, checked, and found checked before.",
    read: ({ report: { crypto: { signed, verified } }, meters: { cached } }) =>
      byCode("work", { signed, verified, cached }),
  },
  {
    ...{ type: "counter", name: "bft_raft_messages_total", labels: ["direction"] },
    help: "Messages received and sent.",
    read: ({ report: { transport: { received, sent } } }) => byCode("direction", { received, sent }),
  },
  {
    ...{ type: "counter", name: "bft_raft_messages_dropped_total" },
    help: "Messages not sent, since the queue of their receiver was full.",
    read: ({ report: { transport } }) => transport.dropped,
  },
  {
    ...{ type: "counter", name: "bft_raft_refused_total", labels: ["kind"] },
    help: "Packets refused, answers not given and inputs rejected, by cause.",
    read: ({ report: { refused, transport } }) => byCode("kind", { ...refused, "frames": transport.refused }),
  },
  {
    ...{ type: "counter", name: "bft_raft_refused_from_total", labels: ["member"] },
    help: "Packets refused on their way in, by the member of the roster that they came from.",
    read: ({ meters }) => byCode("member", meters.refused.toRecord()),
  },
  {
    ...{ type: "counter", name: "bft_raft_ignored_total", labels: ["code"] },
    help: "Inputs that came late or again.",
    read: ({ report: { ignored } }) => byCode("code", ignored),
  },
  {
    ...{ type: "counter", name: "bft_raft_muted_total", labels: ["member"] },
    help: "Times that a source was muted for a while, by the member of the roster that it is of.",
    read: ({ meters }) => byCode("member", meters.muted.toRecord()),
  },
  {
    ...{ type: "counter", name: "bft_raft_connections_ended_total", labels: ["cause"] },
    help: "Connections that have ended.",
    read: ({ report: { transport } }) => byCode("cause", transport.ended ?? {}),
  },
  {
    ...{ type: "counter", name: "bft_raft_starved_seconds_total" },
    help: "Time for which this replica did not get to run, and held nothing against a leader.",
    read: ({ report }) => report.offices.starvedMs / 1000,
  },
  {
    ...{ type: "counter", name: "bft_raft_log_lines_lost_total", help: "Lines of the log that could not be written." },
    read: ({ report }) => report.logLinesLost,
  },
  {
    ...{ type: "gauge", name: "bft_raft_resident_memory_bytes", help: "Resident memory of the process." },
    read: ({ report }) => report.memoryBytes,
  },
  {
    ...{ type: "gauge", name: "bft_raft_uptime_seconds", help: "Time since this replica started." },
    read: ({ report }) => report.uptimeMs / 1000,
  },
  {
    ...{ type: "counter", name: "bft_raft_probes_refused_total" },
    help: "Connections to the probes that were closed at once, since there were too many.",
    read: ({ probes }) => probes.refused,
  },
];
