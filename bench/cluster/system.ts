/** A system under test: its processes, on this machine, with nothing in it at first. */
import type { Pids } from "../support/proc_sample.ts";
import type { BenchPlan } from "./plan.ts";
import type { Row } from "./row.ts";
import type { Show } from "./shown.ts";

/** A running system; its processes end when it is disposed of. */
export interface System extends AsyncDisposable {
  /** Its servers' processes. */
  readonly servers: Pids;
  /** Has so many clients write for a while, so that what comes first is not measured on code that is yet to be compiled. */
  warmUp(clients: number): Promise<void>;
  /** Measures so many clients, after the warm-up. */
  measure(clients: number): Promise<Row>;
}

export interface SystemKind {
  /** Name and version. */
  readonly name: string;
  readonly servers: number;
  /** Origin of its load, in words. */
  readonly load: string;
  /** Starts it in an empty directory. */
  open(dir: string, plan: BenchPlan, show: Show): Promise<System>;
}
