/** Metrics of a client, whatever serves them (docs/metrics.md). */
import { byCode, type Metric } from "../metrics/mod.ts";
import type { Client } from "./client_types.ts";

/** Things that the metrics of a client are read from. */
export interface ClientSource {
  readonly client: Pick<Client, "report" | "roster">;
}

export const CLIENT_METRICS: readonly Metric<ClientSource>[] = [
  {
    ...{ type: "counter", name: "bft_raft_client_requests_total", labels: ["outcome"] },
    help: "Commands and ordered queries, by what became of them.",
    read: ({ client: { report } }) => byCode("outcome", report.requests.ended),
  },
  {
    ...{ type: "histogram", name: "bft_raft_client_request_seconds" },
    help: "Time from the call of a command or ordered query until enough replicas answered it alike.",
    read: ({ client: { report } }) => report.requests.seconds,
  },
  {
    ...{ type: "counter", name: "bft_raft_client_sent_total", labels: ["reason"] },
    help:
      "Requests sent for the first time, again, and as an intervention to all replicas; each holds up to 64 commands.",
    read: ({ client: { report } }) => byCode("reason", report.requests.sent),
  },
  {
    ...{ type: "counter", name: "bft_raft_client_disagreements_total", labels: ["replica"] },
    help: "Accepted answers that a replica contradicted under its signature.",
    read: ({ client: { report } }) => byCode("replica", report.disagreements),
  },
  {
    ...{ type: "counter", name: "bft_raft_client_dropped_total", labels: ["reason"] },
    help: "Packets of replicas that were dropped.",
    read: ({ client: { report } }) => byCode("reason", { ...report.dropped }),
  },
  {
    ...{ type: "gauge", name: "bft_raft_client_epoch", help: "Epoch of the roster that this client goes by." },
    read: ({ client: { roster } }) => roster.epoch,
  },
];
