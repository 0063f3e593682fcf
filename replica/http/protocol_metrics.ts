/** Metrics of the protocol: epoch, term, leaders, log, peers (docs/metrics.md). */
import { byCode, type Metric, type Sample } from "../../metrics/mod.ts";
import { TROUBLES } from "../status/troubles.ts";
import type { ReplicaSource } from "./replica_source.ts";

const ROLES = ["follower", "candidate", "leader", "learner"] as const;
const EPOCH_PROGRESS = ["running", "ending", "fetching"] as const;

/** Reasons that there can be in any cluster (§6.1): from 0 on, so that the first one of each is seen to come. */
const NO_SUSPICIONS = {
  ...{ timer: 0, "no-leader": 0, pace: 0, patience: 0, office: 0, evidence: 0, "hand-over": 0, "left-behind": 0 },
};

/** Returns 1 for the value of `all` that is `present`, and 0 for the others: so there is no gap where it changes. */
const oneOf = (label: string, all: readonly string[], present: string | null): Sample[] =>
  all.map((each) => [{ [label]: each }, each === present ? 1 : 0]);

export const PLACE_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{
      type: "gauge",
      name: "bft_raft_info",
      help: "Always 1; its labels say which replica of which version this is.",
    },
    labels: ["cluster", "replica", "version", "wire", "deno", "crypto", "profile"],
    read({ report: { cluster, replica, versions, crypto: { backend }, profile } }) {
      const { replica: version, wire, deno } = versions;
      return [[{ cluster, replica, version, wire: `${wire}`, deno, crypto: backend, profile }, 1]];
    },
  },
  {
    ...{ type: "gauge", name: "bft_raft_healthy" },
    help: "1 while this replica takes part in a quorum that has a leader, as /healthz says.",
    read: ({ trouble }) => trouble === null ? 1 : 0,
  },
  {
    ...{ type: "gauge", name: "bft_raft_trouble", labels: ["reason"] },
    help: "1 for the reason for which this replica is not healthy.",
    read: ({ trouble }) => oneOf("reason", Object.keys(TROUBLES), trouble),
  },
  {
    ...{ type: "gauge", name: "bft_raft_active" },
    help: "0 while the operator keeps this replica out of the protocol.",
    read: ({ report }) => Number(report.active),
  },
  {
    ...{ type: "gauge", name: "bft_raft_hears_quorum" },
    help: "1 while the replicas heard here are a quorum with this one.",
    read: ({ report }) => Number(report.hearsQuorum),
  },
  {
    ...{ type: "gauge", name: "bft_raft_replicas", help: "Replicas of the roster in force." },
    read: ({ replicas }) => replicas,
  },
  {
    ...{ type: "gauge", name: "bft_raft_quorum", help: "Replicas that are a quorum." },
    read: ({ quorum }) => quorum,
  },
  {
    ...{ type: "gauge", name: "bft_raft_epoch", help: "Epoch of the roster in force here." },
    read: ({ report }) => report.epoch,
  },
  {
    ...{ type: "gauge", name: "bft_raft_epoch_progress", labels: ["progress"] },
    help: "1 for how far this replica is in its epoch.",
    read: ({ report }) => oneOf("progress", EPOCH_PROGRESS, report.epochProgress),
  },
  { type: "gauge", name: "bft_raft_term", help: "Current term.", read: ({ report }) => report.term },
  {
    ...{ type: "gauge", name: "bft_raft_role", labels: ["role"], help: "1 for the role of this replica." },
    read: ({ report }) => oneOf("role", ROLES, report.role),
  },
  {
    ...{ type: "gauge", name: "bft_raft_leader", labels: ["leader"] },
    help: "1 for the leader that this replica knows.",
    read: ({ report: { leader } }) => leader === null ? [] : [[{ leader }, 1]],
  },
];

export const ELECTION_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{ type: "counter", name: "bft_raft_leaders_total" },
    help: "Leaders whose election was proved here.",
    read: ({ meters }) => meters.events.count("leader"),
  },
  {
    ...{ type: "counter", name: "bft_raft_candidacies_total", help: "Elections in which this replica stood." },
    read: ({ meters }) => meters.events.count("candidate"),
  },
  {
    ...{ type: "counter", name: "bft_raft_suspicions_total", labels: ["reason"] },
    help: "Times that this replica began to suspect its leader.",
    read: ({ meters }) => byCode("reason", { ...NO_SUSPICIONS, ...meters.suspicions.toRecord() }),
  },
  {
    ...{ type: "gauge", name: "bft_raft_suspecting", help: "1 while this replica suspects its leader." },
    read: ({ report }) => Number(report.suspecting !== null),
  },
  {
    ...{ type: "gauge", name: "bft_raft_office_seconds" },
    help: "Time for which the present leader has been in office, as seen here.",
    read: ({ report: { offices: { current } } }) => current && current.forMs / 1000,
  },
  {
    ...{ type: "gauge", name: "bft_raft_office_entries" },
    help: "Entries committed in the present leader's office, as seen here.",
    read: ({ report: { offices: { current } } }) => current && current.entries,
  },
  {
    ...{ type: "gauge", name: "bft_raft_office_overdue_seconds" },
    help: "Time since which the present leader's term of office has been over.",
    read: ({ report: { offices: { current } } }) => (current?.dueForMs ?? 0) / 1000,
  },
  {
    ...{ type: "gauge", name: "bft_raft_hand_over", help: "1 while the leader hands over." },
    read: ({ report }) => Number(report.offices.handOver !== null),
  },
  {
    ...{ type: "gauge", name: "bft_raft_evidence", labels: ["kind", "culprit"] },
    help: "Pieces of evidence against a replica that are held here.",
    read({ report: { evidence } }) {
      const kinds = Map.groupBy(evidence, ({ kind, culprit }) => `${kind} ${culprit}`);
      return [...kinds.values()].map((pieces) => [{ ...pieces[0]! }, pieces.length]);
    },
  },
  {
    ...{ type: "counter", name: "bft_raft_events_total", labels: ["event"] },
    help: "Events of the protocol, by the name that they have in the log.",
    read: ({ meters }) => byCode("event", meters.events.toRecord()),
  },
];

export const PEER_METRICS: readonly Metric<ReplicaSource>[] = [
  {
    ...{ type: "gauge", name: "bft_raft_peer_silence_seconds", labels: ["peer"] },
    help: "Time since a peer's last word; none before the first.",
    read: ({ report: { peers } }) =>
      Object.entries(peers).flatMap(([peer, { heardMsAgo }]) =>
        heardMsAgo === null ? [] : [[{ peer }, heardMsAgo / 1000] as Sample]
      ),
  },
  {
    ...{ type: "gauge", name: "bft_raft_peer_silent", labels: ["peer"] },
    help: "1 for a peer that has been silent for three election timeouts.",
    read: ({ report: { peers } }) =>
      Object.entries(peers).map(([peer, { silent }]) => [{ peer }, Number(silent)] as Sample),
  },
  {
    ...{ type: "gauge", name: "bft_raft_peer_lag_entries", labels: ["peer"] },
    help: "Entries committed here that a peer had not committed by its last word.",
    read: ({ report: { peers, commitIndex } }) =>
      Object.entries(peers).flatMap(([peer, heard]) =>
        heard.commitIndex === null ? [] : [[{ peer }, Math.max(0, commitIndex - heard.commitIndex)] as Sample]
      ),
  },
];
