/** Ticks of the nodes: each when its core asks for it, or as late as the node gets to run (§14.9). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { hasSnapshotWork } from "../../../replica/core/checkpoints/checkpoints.ts";
import { nextDeadline } from "../../../replica/core/next_deadline.ts";
import { Alarms } from "../network/alarms.ts";
import type { Scheduler } from "../network/scheduler.ts";
import { clockOf, type PauseFault, type Plan, type Target } from "../plan/plan.ts";
import type { RunStats } from "../search/stats.ts";
import type { Inboxes } from "./inboxes.ts";
import type { SimNode } from "./sim_node.ts";

export interface TicksParts {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly inboxes: Inboxes;
  readonly stats: RunStats;
  /** Returns the replica that a target means now. */
  readonly resolve: (target: Target) => ReplicaId | null;
}

export class Ticks {
  readonly #parts: TicksParts;
  readonly #alarms: Alarms;
  /** Time at which a tick was due that has to wait. */
  readonly #dueSince = new Map<ReplicaId, Millis>();

  constructor(parts: TicksParts) {
    this.#parts = parts;
    this.#alarms = new Alarms(parts.scheduler, (id) => this.#tick(id));
    for (const fault of parts.plan.faults) {
      if (fault.kind === "pause") parts.scheduler.schedule(fault.from, () => this.#pause(fault));
    }
  }

  /** Schedules the first tick of a node that starts. */
  begin(id: ReplicaId): void {
    this.#alarms.clear(id);
    this.#dueSince.delete(id);
    this.rearm(id);
  }

  /** Schedules the node's next tick for when it asks for it, on its own clock. */
  rearm(id: ReplicaId): void {
    const { nodes, scheduler: { now } } = this.#parts;
    const { state, pressingAt } = nodes.get(id)!;
    if (!state) return;
    const rate = this.#rateOf(id);
    // Like the event loop, it does not sleep while anything committed is not applied.
    const wanted = state.appliedIndex < state.commitIndex || hasSnapshotWork(state)
      ? 0
      : Math.min(nextDeadline(state, now * rate), pressingAt) / rate;
    this.#alarms.advance(id, Math.max(now + 1, wanted));
  }

  /** Returns how late the node's tick is, as its event loop would say; null if none is due. */
  lateness(id: ReplicaId): Millis | null {
    const due = this.#alarms.due(id);
    return this.#parts.scheduler.now < due ? null : this.#lateSince(id, due);
  }

  #tick(id: ReplicaId): void {
    const { nodes, inboxes, scheduler: { now } } = this.#parts;
    const busyMs = inboxes.busyFor(id);
    if (busyMs > 0) {
      this.#dueSince.set(id, this.#dueSince.get(id) ?? now);
      return this.#alarms.set(id, now + busyMs);
    }
    nodes.get(id)!.receive([], this.#lateSince(id, now));
    this.rearm(id);
  }

  #lateSince(id: ReplicaId, due: Millis): Millis {
    const lateMs = (this.#parts.scheduler.now - (this.#dueSince.get(id) ?? due)) * this.#rateOf(id);
    this.#dueSince.delete(id);
    return Math.max(0, lateMs - LIMITS.latenessSlackMs);
  }

  #pause({ replica, from, to }: PauseFault): void {
    const { inboxes, stats, resolve } = this.#parts;
    const id = resolve(replica);
    if (id === null) return;
    stats.pauses++;
    inboxes.pause(id, to - from);
  }

  #rateOf(id: ReplicaId): number {
    return clockOf(this.#parts.plan, id);
  }
}
