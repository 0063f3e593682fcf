/** Crashes and restarts of a run, according to its plan. */
import type { Millis, ReplicaId } from "../../../../protocol/ids.ts";
import type { Scheduler } from "../../network/scheduler.ts";
import type { CrashFault, Fault, Target } from "../../plan/plan.ts";
import type { RunStats } from "../../search/stats.ts";
import { Trigger } from "../crash_point.ts";
import type { SimNode } from "../sim_node.ts";

export interface CrashParts {
  readonly scheduler: Scheduler;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly stats: RunStats;
  readonly start: (id: ReplicaId) => void;
  /** Returns the replica that a target means now. */
  readonly resolve: (target: Target) => ReplicaId | null;
  readonly isHonest: (id: ReplicaId) => boolean;
}

/** Time an armed crash waits for its point before it happens anyway. */
const PATIENCE_MS = 1500;

export class Crashes {
  readonly #parts: CrashParts;
  readonly #downMs = new Map<ReplicaId, Millis>();
  #over = false;
  #silenced = false;

  constructor(parts: CrashParts) {
    this.#parts = parts;
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === "crash") this.#parts.scheduler.schedule(fault.from, () => this.#crash(fault));
    }
  }

  /** Ends all crashes; if `silenced`, no faulty replica comes back either. */
  end(silenced: boolean): void {
    this.#over = true;
    this.#silenced = silenced;
  }

  /** Records that `id` has passed an armed crash point. */
  happened(id: ReplicaId): void {
    this.#parts.stats.crashes++;
    this.#parts.stats.crashesAtPoint++;
    this.restartLater(id, this.#downMs.get(id) ?? 0);
  }

  /** Restarts `id`, which is down, after `downMs`. */
  restartLater(id: ReplicaId, downMs: Millis): void {
    const { scheduler, nodes, start } = this.#parts;
    scheduler.schedule(downMs, () => {
      // The end of the faults starts those replicas it wants to be up.
      const comesBack = !this.#over || (!this.#silenced && !this.#parts.isHonest(id));
      if (comesBack && !nodes.get(id)!.up) start(id);
    });
  }

  #crash({ replica, point, during, passes, downMs }: CrashFault): void {
    const id = this.#parts.resolve(replica);
    const node = id === null ? undefined : this.#parts.nodes.get(id);
    if (!node?.state || this.#over) return;
    const crashNow = () => {
      this.#parts.stats.crashes++;
      node.crash();
      this.restartLater(node.id, downMs);
    };
    if (point === "now") return crashNow();
    node.arm(new Trigger(point, passes, during));
    this.#downMs.set(node.id, downMs);
    const { state } = node;
    this.#parts.scheduler.schedule(PATIENCE_MS, () => {
      if (node.state === state && !this.#over) crashNow();
    });
  }
}
