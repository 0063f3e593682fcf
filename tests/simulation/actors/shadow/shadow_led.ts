/** Common parts of faulty leaders: one chain for a leadership, with requests that clients really signed. */
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Chain, Content } from "./shadow_chains.ts";
import type { RogueTerm, Showing } from "./shadow_leadership.ts";
import type { Situation } from "./shadow_situation.ts";

/** Maximum number of requests put after the no-op that opens a term. */
const FRESH = 3;

/** The chain of a leadership, begun with its first beat. */
export class Led {
  readonly #situation: Situation;
  #rogueTerm: RogueTerm | null = null;
  #chain: Chain | null = null;
  #chosen: ReplicaId[] = [];

  constructor(situation: Situation) {
    this.#situation = situation;
  }

  /** Returns the base's chain, a no-op, and then `contents`; the same one for the whole leadership. */
  chainOf(
    rogueTerm: RogueTerm,
    contents: (base: Chain) => readonly Content[] = (base) => freshOnes(this.#situation, base),
  ): Chain {
    this.#begin(rogueTerm);
    if (this.#chain === null) {
      const base = this.#situation.chainThrough(rogueTerm.base) ??
        this.#situation.chainThrough(this.#situation.genesis)!;
      const { hash } = this.#situation.faultyReplica;
      this.#chain = this.#situation.remember(base.extend(hash, rogueTerm.term, [[], ...contents(base)]));
    }
    return this.#chain;
  }

  /** Continues the chain with `contents`. */
  extend(rogueTerm: RogueTerm, contents: readonly Content[]): Chain {
    const chain = this.chainOf(rogueTerm);
    if (contents.length > 0) {
      this.#chain = this.#situation.remember(
        chain.extend(this.#situation.faultyReplica.hash, rogueTerm.term, contents),
      );
    }
    return this.#chain!;
  }

  /** Returns the honest members of this epoch in an order drawn once per leadership. */
  order(rogueTerm: RogueTerm): readonly ReplicaId[] {
    this.#begin(rogueTerm);
    return this.#chosen;
  }

  #begin(rogueTerm: RogueTerm): void {
    if (this.#rogueTerm === rogueTerm) return;
    this.#rogueTerm = rogueTerm;
    this.#chain = null;
    const { colluders, faultyReplica: { config: { replicas } } } = this.#situation;
    this.#chosen = colluders.rng.shuffle(colluders.honest.filter((id) => replicas.includes(id)));
  }
}

/** Returns requests not on `base`, one per entry. */
const freshOnes = (situation: Situation, base: Chain): Content[] =>
  situation.freshRequests(base, FRESH).map((request) => [request]);

/** Leads as a leader should: everything to all, with its own acks and reports. */
export function serve(situation: Situation, rogueTerm: RogueTerm, led: Led, showing: Showing = {}): void {
  const grown = rogueTerm.beats % 3 === 2;
  const chain = grown ? led.extend(rogueTerm, freshOnes(situation, led.chainOf(rogueTerm))) : led.chainOf(rogueTerm);
  rogueTerm.show(situation.colluders.honest, chain, showing);
  rogueTerm.vouch(situation.colluders.honest, chain, allAcked(situation, rogueTerm, chain));
}

/** Returns whether enough honest replicas have `chain` in this term for a certificate of its tip to exist. */
export const allAcked = (situation: Situation, rogueTerm: RogueTerm, chain: Chain): boolean =>
  situation.honest.filter(({ state: { hard } }) =>
    hard.currentTerm === rogueTerm.term && hard.ack !== null && hard.ack.hash === chain.tip.hash
  ).length >= situation.needed;

/**
 * Returns `base` followed by entries other than a leader of `at` would put there: no leading no-op, requests in another order. There are none at the beginning of
 * an epoch if no client has asked for anything.
 */
export function twist(situation: Situation, base: Chain, at: Term): Chain {
  const { hash } = situation.faultyReplica;
  const fresh = situation.freshRequests(base, FRESH).reverse();
  const old = base.entries.flatMap(({ entry }) => entry.requests ?? []);
  if (fresh.length > 0) return base.extend(hash, at, [fresh, []]);
  if (old.length > 0) return base.extend(hash, at, [[situation.colluders.rng.pick(old)], []]);
  const before = term(Math.max(1, base.entries.at(-1)?.entry.term ?? at - 1));
  if (before === at) return base;
  return base.extend(hash, before, [[]]).extend(hash, at, [[]]);
}

/** Returns `chain` with no-ops after it until it is `length` long. */
export function padded(situation: Situation, chain: Chain, at: Term, length: number): Chain {
  const missing = Math.max(0, length - chain.length);
  return chain.extend(situation.faultyReplica.hash, at, Array.from({ length: missing }, () => []));
}
