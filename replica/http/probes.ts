/** Probes and metrics of a replica over HTTP: what is served at which address (docs/metrics.md). */
import { CONTENT_TYPE, createExposition, type Exposition } from "../../metrics/exposition.ts";
import type { Metric } from "../../metrics/mod.ts";
import type { Meters } from "../status/meters.ts";
import type { Vitals } from "../status/status.ts";
import { TROUBLES } from "../status/troubles.ts";
import { type Answer, jsonAnswer, problem } from "./answer.ts";
import { ProbeServer } from "./probe_server.ts";
import { ELECTION_METRICS, PEER_METRICS, PLACE_METRICS } from "./protocol_metrics.ts";
import type { ReplicaSource } from "./replica_source.ts";
import { DISK_METRICS, LOG_METRICS, PROCESS_METRICS, REQUEST_METRICS } from "./work_metrics.ts";

/** Metrics of a replica, in the order in which they are told. */
export const REPLICA_METRICS: readonly Metric<ReplicaSource>[] = [
  ...[...PLACE_METRICS, ...ELECTION_METRICS, ...PEER_METRICS, ...LOG_METRICS],
  ...[...REQUEST_METRICS, ...DISK_METRICS, ...PROCESS_METRICS],
];

/** The replica that probes ask about. */
export interface Probed {
  vitals(): Vitals;
}

/** Probes that are served. */
export interface Probes {
  /** Port that is listened at. */
  readonly port: number;
  /** Has probes ask about `replica` from now on; before, it is starting. */
  show(replica: Probed): void;
  close(): void;
}

/** Serves probes at once. Throws what `Deno.listen` throws if it cannot listen there. */
export function serveProbes(address: { readonly hostname: string; readonly port: number }, meters: Meters): Probes {
  let shown: Probed | null = null;
  let metrics: Exposition | null = null;
  const isLocal = LOOPBACK.includes(address.hostname);
  const server: ProbeServer = new ProbeServer(address, ({ method, path, host }) => {
    // A page of a browser on this machine may have its own name resolved to here; then that is the name it asks for.
    if (isLocal && host !== null && !LOOPBACK.includes(host)) {
      return problem("forbidden", `Host was given ${host.slice(0, 100)}, wanted one of ${LOOPBACK.join(", ")}`);
    }
    const route = ROUTES[path];
    if (route === undefined) return problem("not-found", `given ${path.slice(0, 200)}, wanted ${PATHS.join(", ")}`);
    if (method !== "GET" && method !== "HEAD") return problem("method-not-allowed", `given ${method}, wanted GET`);
    if (shown === null || metrics === null) return problem("not-available", "this replica is starting");
    return route(shown, metrics);
  });
  return {
    port: server.port,
    show(replica) {
      shown = replica;
      const source = () => ({ ...replica.vitals(), meters, probes: server.counts });
      metrics = createExposition(REPLICA_METRICS, source, meters.clock);
    },
    close: () => server.close(),
  };
}

/** Names of this machine alone. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

type Route = (replica: Probed, metrics: Exposition) => Answer | Promise<Answer>;

const ROUTES: Readonly<Record<string, Route>> = {
  __proto__: null as unknown as Route,
  "/healthz": (replica) => health(replica.vitals()),
  "/readyz": (replica) => readiness(replica.vitals()),
  "/metrics": async (_, metrics) => ({ status: 200, type: CONTENT_TYPE, body: await metrics.text() }),
};
const PATHS = Object.keys(ROUTES);

/** Says whether this replica takes part in a quorum that has a leader: as the file of --health does. */
function health({ trouble, report: { role, term, leader } }: Vitals): Answer {
  if (trouble !== null) return problem("not-available", TROUBLES[trouble], { reason: trouble });
  return jsonAnswer({ healthy: true, role, term, leader });
}

/** Says whether the cluster can write as far as this replica can tell: what waits is committed, or nothing waits. */
function readiness(vitals: Vitals): Answer {
  const { trouble, stalledMs, electionTimeoutMs, report: { commitIndex } } = vitals;
  if (trouble !== null) return problem("not-available", TROUBLES[trouble], { reason: trouble });
  if (stalledMs > electionTimeoutMs) {
    const detail = `something has waited for ${Math.round(stalledMs)} ms while nothing was committed`;
    return problem("not-available", detail, { reason: "stalled", commitIndex });
  }
  return jsonAnswer({ ready: true, commitIndex });
}
