/** Faults of a run's disks: they refuse for a while, are rolled back, or are lost (§1.3, §8.4). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import { trustsReplicas } from "../../../../protocol/config.ts";
import { digest, type Millis, type ReplicaId } from "../../../../protocol/ids.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import type { Scheduler } from "../../network/scheduler.ts";
import type { Fault, Plan, RefuseFault, RollbackFault, Target, WipeFault } from "../../plan/plan.ts";
import type { RunStats } from "../../search/stats.ts";
import type { SimNode } from "../sim_node.ts";

export interface DiskFaultParts {
  readonly plan: Plan;
  /** Returns how many replicas may be faulty, and how many are. */
  readonly faults: () => { readonly most: number; readonly faulty: number };
  /** Returns whether a replica is a member of the last epoch. */
  readonly isMember: (id: ReplicaId) => boolean;
  /** Called when a replica has lost its disk. */
  readonly lost: (id: ReplicaId) => void;
  readonly scheduler: Scheduler;
  readonly nodes: ReadonlyMap<ReplicaId, SimNode>;
  readonly stats: RunStats;
  readonly start: (id: ReplicaId) => void;
  /** Restarts `id` after a while, unless the faults are over by then. */
  readonly restartLater: (id: ReplicaId, downMs: Millis) => void;
  /** Returns the replica that a target means now. */
  readonly resolve: (target: Target) => ReplicaId | null;
}

/** Wait before a loss that would be one fault too many is tried again. */
const WIPE_AGAIN_MS = 250;
/** Interval at which a replica is checked for being alone in its term, and the time limit. */
const ALONE_EVERY_MS = 10;
const ALONE_WITHIN_MS = 5_000;

export class DiskFaults {
  readonly #parts: DiskFaultParts;
  readonly #byzantine: ReadonlySet<ReplicaId>;
  /** Honest replicas that have ever lost their disk: what they had signed PreVotes for is forgotten for good. */
  readonly #forgetful = new Set<ReplicaId>();
  #over = false;

  constructor(parts: DiskFaultParts) {
    this.#parts = parts;
    this.#byzantine = new Set(parts.plan.byzantine.map(({ replica }) => replica));
  }

  schedule(faults: readonly Fault[]): void {
    const { scheduler } = this.#parts;
    for (const fault of faults) {
      if (fault.kind === "rollback") this.#scheduleRollback(fault);
      if (fault.kind === "refuse") scheduler.schedule(fault.from, () => this.#refuse(fault));
      if (fault.kind === "wipe") scheduler.schedule(fault.from, () => this.#wipe(fault));
    }
  }

  /** Ends all faults: every disk takes writes again, and stays as it is. */
  end(): void {
    this.#over = true;
    for (const { disk } of this.#parts.nodes.values()) disk.refusing = null;
  }

  /** Honest replicas that are learners, up or down. */
  get learners(): ReplicaId[] {
    return [...this.#parts.nodes.values()].flatMap(({ id, disk }) => disk.hardState.recovery === null ? [] : [id])
      .filter((id) => !this.#byzantine.has(id) && this.#parts.isMember(id));
  }

  #refuse({ replica, from, to }: RefuseFault): void {
    const { nodes, resolve, scheduler, start } = this.#parts;
    const id = resolve(replica);
    const node = id === null ? undefined : nodes.get(id);
    if (!node?.state || this.#over) return;
    const { disk } = node;
    disk.refusing = "no room is left";
    scheduler.schedule(to - from, () => {
      if (this.#over || disk.refusing === null) return;
      disk.refusing = null;
      if (node.state === null && node.disk === disk) start(node.id);
    });
  }

  #wipe(fault: WipeFault): void {
    const { scheduler, nodes, stats, plan, restartLater } = this.#parts;
    const node = nodes.get(fault.replica)!;
    if (this.#over || this.#byzantine.has(node.id) || !this.#parts.isMember(node.id)) return;
    if (fault.alone && scheduler.now < fault.from + ALONE_WITHIN_MS && !this.#isAlone(node)) {
      return scheduler.schedule(ALONE_EVERY_MS, () => this.#wipe(fault));
    }
    if (!this.#mayWipe(node.id)) return scheduler.schedule(WIPE_AGAIN_MS, () => this.#wipe(fault));
    this.#forgetful.add(node.id);
    const name = new TextEncoder().encode(`recovery ${++stats.wipes} of ${node.id} in ${plan.seed}`);
    node.wipe(digest(sha256Hex(name)));
    this.#parts.lost(node.id);
    restartLater(node.id, fault.downMs);
  }

  #isAlone({ id, disk: { hardState: { currentTerm, vote } } }: SimNode): boolean {
    const others = [...this.#parts.nodes.values()].filter((each) => each.id !== id && !this.#byzantine.has(each.id));
    return vote !== null && others.every(({ disk }) => disk.hardState.currentTerm < currentTerm);
  }

  /**
   * Returns whether the disk of `id` may be lost now (`docs/recovery.md`). A learner is one fault until it is a full replica again; and
   * what others can tell it relies on all but f of them remembering what they signed. Where none lies, PreVotes name no term that is not one above
   * a term that was entered, and a replica that has rejoined is beyond all that it forgot.
   */
  #mayWipe(id: ReplicaId): boolean {
    const { plan, faults } = this.#parts;
    const { most: mostFaults, faulty } = faults();
    const others = (ids: Iterable<ReplicaId>) => [...ids].filter((other) => other !== id).length;
    const learners = others(this.learners) + 1;
    if (trustsReplicas(plan.constants)) return learners <= mostFaults;
    const known = learners <= mostFaults && faulty + others(this.#forgetful) <= mostFaults;
    return known && faulty + learners <= mostFaults + (plan.mayExceed ? 1 : 0);
  }

  #scheduleRollback({ replica, copiedAt, from }: RollbackFault): void {
    const { scheduler, nodes, start } = this.#parts;
    const node = nodes.get(replica)!;
    let copy: MemoryDisk | null = null;
    scheduler.schedule(copiedAt, () => copy = node.disk.clone());
    scheduler.schedule(from, () => {
      if (copy === null || !this.#byzantine.has(replica) || this.#over) return;
      node.crash();
      copy.refusing = null;
      node.disk = copy;
      start(replica);
    });
  }
}
