/** The rosters by which evidence can be judged: one that is believed, and those that are chained to it (§13.13). */
import type { RosterFile, SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { faultOfSuccessor } from "../../crypto/roster/roster_chain.ts";
import { followEnds } from "../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";

export class KnownRosters {
  readonly #byEpoch = new Map<number, SignedRoster>();

  /** Takes a roster that is believed. */
  constructor(believed: SignedRoster | null) {
    if (believed !== null) this.#take(believed);
  }

  /** Takes those of `rosters`, which are in the order of their epochs, that are chained to one known; all of them if none is. */
  link(rosters: readonly SignedRoster[]): void {
    const [first] = rosters;
    if (this.#byEpoch.size === 0 && first !== undefined) this.#take(first);
    for (const roster of [...rosters, ...rosters.toReversed()]) if (this.#isChained(roster)) this.#take(roster);
  }

  /** Takes what `ends` lead to from the earliest roster known that is of one of their epochs. Returns the epoch that they prove all they can from; null if they prove less. */
  follow(
    ends: readonly EpochEnd[],
    backend: SignatureBackend,
  ): { readonly from: number; readonly to: SignedRoster } | null {
    const from = ends.map(({ epoch }) => this.#byEpoch.get(epoch)).find((roster) => roster !== undefined);
    if (from === undefined) return null;
    const steps = followEnds(from, ends, backend);
    // A quorum stopped for these; what operators alone signed may never have been in force.
    for (const { next } of steps) this.#byEpoch.set(next.roster.epoch, next);
    const last = steps.at(-1)?.next;
    return last !== undefined && last.roster.epoch === ends.at(-1)!.epoch + 1
      ? { from: from.roster.epoch, to: last }
      : null;
  }

  get(epoch: number): RosterFile | null {
    return this.#byEpoch.get(epoch) ?? null;
  }

  /** Any of them: they are of one cluster. */
  get cluster(): string | null {
    return this.#byEpoch.values().next().value?.roster.cluster ?? null;
  }

  #take(roster: SignedRoster): void {
    if (!this.#byEpoch.has(roster.roster.epoch)) this.#byEpoch.set(roster.roster.epoch, roster);
  }

  /** A roster names the one before by its digest; the operators of that one vouch for what follows it. */
  #isChained(file: SignedRoster): boolean {
    const { roster, digest, signatures } = file;
    const before = this.#byEpoch.get(roster.epoch - 1);
    return this.#byEpoch.get(roster.epoch + 1)?.roster.previous === digest ||
      (before !== undefined && faultOfSuccessor(before, roster, signatures) === null);
  }
}
