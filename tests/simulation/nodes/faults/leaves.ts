/** Replicas that are told to leave, according to a plan: they hand over if they lead (§14.5), and are restarted, or stay after all. */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { mayStop } from "../../../../replica/core/offices/leaving.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Scheduler } from "../../network/scheduler.ts";
import { clockOf, type LeaveFault, type Plan, type Target } from "../../plan/plan.ts";
import type { RunStats } from "../../search/stats.ts";
import type { SimNode } from "../sim_node.ts";

export interface LeavesParts {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly stats: RunStats;
  /** Takes a replica down and restarts it a moment later. */
  bounce(id: ReplicaId): void;
  /** Returns the replica that a target means now. */
  resolve(target: Target): ReplicaId | null;
}

/** Time between two looks at whether a replica may stop. */
const LOOK_MS = 10;

export class Leaves {
  readonly #parts: LeavesParts;
  #over = false;

  constructor(parts: LeavesParts) {
    this.#parts = parts;
    for (const fault of parts.plan.faults) {
      if (fault.kind === "leave") parts.scheduler.schedule(fault.from, () => this.#leave(fault));
    }
  }

  /** Tells nobody to leave any more; who was told stays. */
  end(): void {
    this.#over = true;
    for (const node of this.#parts.nodes.values()) {
      if (node.state && node.state.offices.leaving !== null) node.run([{ kind: "leave", reason: null }]);
    }
  }

  #leave({ replica, forMs, stays }: LeaveFault): void {
    const { scheduler, nodes, stats } = this.#parts;
    const id = this.#parts.resolve(replica);
    const node = id === null ? undefined : nodes.get(id);
    if (!node?.state || this.#over) return;
    stats.leaves++;
    const { state } = node;
    node.run([{ kind: "leave", reason: "stop" }]);
    if (!stays) return this.#stopLater(node, state);
    scheduler.schedule(forMs, () => {
      if (node.state === state && !this.#over) node.run([{ kind: "leave", reason: null }]);
    });
  }

  /** Stops it as its event loop would: as soon as it may. */
  #stopLater(node: SimNode, state: CoreState): void {
    const { plan, scheduler } = this.#parts;
    scheduler.schedule(LOOK_MS, () => {
      if (node.state !== state || this.#over) return;
      const now = scheduler.now * clockOf(plan, node.id);
      if (mayStop(state, now)) this.#parts.bounce(node.id);
      else this.#stopLater(node, state);
    });
  }
}
