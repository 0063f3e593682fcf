/** Metrics of a gateway: those of its client, and of what it serves over HTTP (docs/metrics.md). */
import { CONTENT_TYPE, createExposition } from "../../metrics/exposition.ts";
import { Histogram, type Metric, SECONDS } from "../../metrics/mod.ts";
import { CLIENT_METRICS, type ClientSource } from "../client_metrics.ts";

/** Counts of what a gateway served. Routes are the gateway's own, so that there are few of them. */
export class GatewayCounts {
  readonly #answers = new Map<string, { readonly route: string; readonly status: string; count: number }>();
  readonly seconds: Histogram = new Histogram(SECONDS);

  /** Counts an answer; a watch has taken its time once it has begun. */
  answered(route: string, status: number, tookMs: number): void {
    const key = `${route} ${status}`;
    const known = this.#answers.get(key) ?? { route, status: String(status), count: 0 };
    known.count++;
    this.#answers.set(key, known);
    this.seconds.observe(tookMs / 1000);
  }

  /** Returns how many answers there were, by route and status. */
  answers(): { readonly route: string; readonly status: string; readonly count: number }[] {
    return [...this.#answers.values()];
  }
}

/** Things that the metrics of a gateway are read from. */
export interface GatewaySource extends ClientSource {
  readonly counts: GatewayCounts;
  readonly underWay: () => number;
  readonly listeners: () => number;
}

export const GATEWAY_METRICS: readonly Metric<GatewaySource>[] = [
  ...CLIENT_METRICS,
  {
    ...{ type: "counter", name: "bft_raft_gateway_answers_total", labels: ["route", "status"] },
    help: "Answers over HTTP, by the route that was asked for.",
    read: ({ counts }) => counts.answers().map(({ route, status, count }) => [{ route, status }, count] as const),
  },
  {
    ...{ type: "histogram", name: "bft_raft_gateway_answer_seconds", help: "Time until an answer began." },
    read: ({ counts }) => counts.seconds,
  },
  {
    ...{ type: "gauge", name: "bft_raft_gateway_requests", help: "Requests under way." },
    read: ({ underWay }) => underWay(),
  },
  {
    ...{ type: "gauge", name: "bft_raft_gateway_listeners", help: "Watches that are open." },
    read: ({ listeners }) => listeners(),
  },
];

/** Returns the handler of `GET /metrics`. */
export function metricsHandler(source: GatewaySource): () => Promise<Response> {
  const exposition = createExposition(GATEWAY_METRICS, () => source, () => performance.now());
  return async () => new Response(await exposition.text(), { headers: { "content-type": CONTENT_TYPE } });
}
