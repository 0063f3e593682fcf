/** The way of an honest client from epoch to epoch (§13.12): by ends, and in no other way. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { RunEpochs, SimEpoch } from "../epochs/run_epochs.ts";
import type { Plan } from "../plan/plan.ts";

export interface FollowingParts {
  readonly plan: Plan;
  /** Null in a run in which rosters do not change. */
  readonly epochs: RunEpochs | null;
  readonly now: () => Millis;
  /** Asks a replica for the ends of epochs from one on. */
  readonly ask: (replica: ReplicaId, from: number, take: (ends: readonly EpochEnd[]) => void) => void;
}

/** Interval at which it asks again. */
const ASK_MS = 100;

export class Following {
  /** Called when another roster is in force. */
  adopted: (at: SimEpoch) => void = () => {};
  readonly #parts: FollowingParts;
  #at: SimEpoch | null;
  #askedAt: Millis = -Infinity;

  constructor(parts: FollowingParts) {
    this.#parts = parts;
    this.#at = parts.epochs?.first ?? null;
  }

  get epoch(): number {
    return this.#at?.epoch ?? 1;
  }

  get replicas(): readonly ReplicaId[] {
    return this.#at?.replicas ?? this.#parts.plan.replicas;
  }

  get constants(): ProtocolConstants {
    return this.#at?.roster.constants ?? this.#parts.plan.constants;
  }

  /** Returns whether what a replica says is of this client's epoch; of a later one it asks there for ends. */
  isOfEpoch(replica: ReplicaId, epoch: number): boolean {
    const { now, ask } = this.#parts;
    if (epoch > this.epoch && now() >= this.#askedAt + ASK_MS) {
      this.#askedAt = now();
      ask(replica, this.epoch, (ends) => this.#take(ends));
    }
    return epoch === this.epoch;
  }

  #take(ends: readonly EpochEnd[]): void {
    for (const end of ends) {
      const next = this.#at === null ? null : this.#parts.epochs!.nextAfter(this.#at, end);
      if (next === null) continue;
      this.#at = next;
      this.adopted(next);
    }
  }
}
