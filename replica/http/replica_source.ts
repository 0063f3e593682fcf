/** Things that the metrics of a replica are read from. */
import type { Meters } from "../status/meters.ts";
import type { Vitals } from "../status/status.ts";
import type { ProbeCounts } from "./probe_server.ts";

export interface ReplicaSource extends Vitals {
  readonly meters: Meters;
  readonly probes: Readonly<ProbeCounts>;
}
