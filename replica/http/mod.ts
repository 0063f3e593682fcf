/** Probes and metrics of a replica over HTTP. */
export { type Probes, REPLICA_METRICS, serveProbes } from "./probes.ts";
