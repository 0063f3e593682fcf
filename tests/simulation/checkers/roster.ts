/**
 * The honest replicas, and quorum sizes: computed here, since a mutated core computes them wrongly. Faulty replicas may sign anything
 * at any time, so anything that needs Q replicas exists as soon as Q − b honest ones have signed, b being the number of faulty ones:
 * the rest can be added whenever it hurts. Checkers therefore look only at what honest replicas signed.
 */
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { RunFacts } from "../observer.ts";

/** Replicas as bits of one small integer. */
export type Members = number;
const MAX_REPLICAS = 30;

export class Roster {
  readonly n: number;
  readonly f: number;
  /** Q of §1.1. */
  readonly quorum: number;
  /** Minimum number of honest replicas in a quorum. */
  readonly honestQuorum: number;
  /** Honest replicas whose equal acks make a certificate: in the `crash` profile each certifies its own (§1.4). */
  readonly certifying: number;
  /** Minimum number of honest replicas among f + 1. */
  readonly honestWeak: number;
  readonly #bits: ReadonlyMap<string, Members>;

  /** Throws RangeError for a cluster too large for the bits, or with more than f faulty replicas. */
  constructor({ replicas, byzantine, profile }: Pick<RunFacts, "replicas" | "byzantine" | "profile">) {
    this.n = replicas.length;
    const crash = profile === "crash";
    this.f = crash ? 0 : Math.floor((this.n - 1) / 3);
    this.quorum = crash ? Math.floor(this.n / 2) + 1 : Math.ceil((this.n + this.f + 1) / 2);
    if (this.n > MAX_REPLICAS) throw new RangeError(`${this.n} replicas: at most ${MAX_REPLICAS} can be checked`);
    if (byzantine.size > this.f) throw new RangeError(`${byzantine.size} of ${this.n} are faulty: at most ${this.f}`);
    this.honestQuorum = this.quorum - byzantine.size;
    this.certifying = crash ? 1 : this.honestQuorum;
    this.honestWeak = this.f + 1 - byzantine.size;
    this.#bits = new Map(replicas.flatMap((id, i) => byzantine.has(id) ? [] : [[id, 1 << i] as const]));
  }

  isHonest(id: ReplicaId): boolean {
    return this.#bits.has(id);
  }

  /** Returns the honest replica `id` alone; none if it is faulty. */
  only(id: ReplicaId): Members {
    return this.#bits.get(id) ?? 0;
  }

  get honest(): Iterable<ReplicaId> {
    return this.#bits.keys() as Iterable<ReplicaId>;
  }
}

/** Returns the number of `members`. */
export function countOf(members: Members): number {
  let count = 0;
  for (let rest = members; rest !== 0; rest &= rest - 1) count++;
  return count;
}
