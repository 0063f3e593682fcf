/**
 * The roster and the genesis that a backup is judged by (§13.13): where a roster of an earlier epoch is given, the ends before the backup lead from there to its
 * own. One end at a time is held, however many there are.
 */
import { sha256Hex } from "../../../crypto/digest.ts";
import { isChangeTo } from "../../../crypto/roster/change_judge.ts";
import type { RosterFile } from "../../../crypto/roster/parse_roster.ts";
import { verifyEnd } from "../../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import type { Genesis } from "../../../protocol/config.ts";
import { changeIn, type EpochEnd, genesisBehind } from "../../../protocol/epochs/epoch_end.ts";
import { firstGenesis } from "../../../protocol/hash_chain.ts";

/** The point that an epoch began at. */
export interface Beginning {
  readonly genesis: Genesis;
  /** False if whoever made the file could have chosen the genesis: nothing but signatures of the epoch itself counts then. */
  readonly isProven: boolean;
  /** The rosters that would prove it, in words. */
  readonly rosters: string;
}

export interface Basis extends Beginning {
  /** The roster of the epoch. */
  readonly file: RosterFile;
  /** The end of the epoch before; null in epoch 1. */
  readonly last: EpochEnd | null;
}

export const epochsText = (first: number, last: number): string =>
  first === last ? `epoch ${first}` : `epochs ${first} to ${last}`;

/** Follows the ends that a chain begins with. Each is judged by the roster before, from the one given on; ends before that one cannot be. */
export class Chain {
  readonly #given: RosterFile;
  readonly #backend: SignatureBackend;
  #current: RosterFile;
  #first: number | null = null;
  #last: EpochEnd | null = null;

  constructor(given: RosterFile, backend: SignatureBackend) {
    this.#given = given;
    this.#current = given;
    this.#backend = backend;
  }

  /** The epoch of the first end; null if there is none yet. */
  get first(): number | null {
    return this.#first;
  }

  /** Takes the next end. Returns false if it does not follow on the one before, or the roster of its epoch does not prove it. */
  take(end: EpochEnd): boolean {
    if (this.#last !== null && end.epoch !== this.#last.epoch + 1) return false;
    if (end.epoch >= this.#given.roster.epoch) {
      const next = verifyEnd(this.#current, end, this.#backend);
      if (next === null) return false;
      this.#current = next;
    } else if (end.epoch === this.#given.roster.epoch - 1 && !leadsTo(this.#given, end)) return false;
    this.#first ??= end.epoch;
    this.#last = end;
    return true;
  }

  /** Returns the basis of the epoch that the ends lead to; null if they lead to no roster known, or to another epoch. */
  basisOf(epoch: number): Basis | null {
    const file = this.#current;
    const { cluster } = file.roster;
    const [first, last] = [this.#first ?? epoch, this.#last];
    if (file.roster.epoch !== epoch || (last?.epoch ?? 0) !== epoch - 1) return null;
    const genesis = last === null ? firstGenesis(sha256Hex, cluster) : genesisBehind(sha256Hex, file.digest, last);
    const isProven = last === null || this.#given.roster.epoch < epoch;
    return { file, genesis, isProven, last, rosters: epochsText(first, Math.max(first, epoch - 1)) };
  }
}

/** Without the roster before nothing tells who signed it, but it has to be about this one. */
function leadsTo(file: RosterFile, { entry }: EpochEnd): boolean {
  try {
    return isChangeTo(file, changeIn(entry));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
