/** Common parts of faulty leaders: one chain for a leadership, with requests that clients really signed. */
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Chain, Content } from "./shadow_chains.ts";
import type { Reign, Showing } from "./shadow_leadership.ts";
import type { Scene } from "./shadow_situation.ts";

/** Maximum number of requests put after the no-op that opens a term. */
const FRESH = 3;

/** The chain of a leadership, begun with its first beat. */
export class Led {
  readonly #scene: Scene;
  #reign: Reign | null = null;
  #chain: Chain | null = null;
  #chosen: ReplicaId[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Returns the base's chain, a no-op, and then `contents`; the same one for the whole leadership. */
  chainOf(reign: Reign, contents: (base: Chain) => readonly Content[] = (base) => freshOnes(this.#scene, base)): Chain {
    this.#begin(reign);
    if (this.#chain === null) {
      const base = this.#scene.chainThrough(reign.base) ?? this.#scene.chainThrough(this.#scene.genesis)!;
      const { hash } = this.#scene.puppet;
      this.#chain = this.#scene.remember(base.extend(hash, reign.term, [[], ...contents(base)]));
    }
    return this.#chain;
  }

  /** Continues the chain with `contents`. */
  extend(reign: Reign, contents: readonly Content[]): Chain {
    const chain = this.chainOf(reign);
    if (contents.length > 0) {
      this.#chain = this.#scene.remember(chain.extend(this.#scene.puppet.hash, reign.term, contents));
    }
    return this.#chain!;
  }

  /** Returns the honest replicas in an order drawn once per leadership. */
  order(reign: Reign): readonly ReplicaId[] {
    this.#begin(reign);
    return this.#chosen;
  }

  #begin(reign: Reign): void {
    if (this.#reign === reign) return;
    this.#reign = reign;
    this.#chain = null;
    this.#chosen = this.#scene.coven.rng.shuffle(this.#scene.coven.honest);
  }
}

/** Returns requests not on `base`, one per entry. */
const freshOnes = (scene: Scene, base: Chain): Content[] =>
  scene.freshRequests(base, FRESH).map((request) => [request]);

/** Leads as a leader should: everything to all, with its own acks and reports. */
export function serve(scene: Scene, reign: Reign, led: Led, showing: Showing = {}): void {
  const grown = reign.beats % 3 === 2;
  const chain = grown ? led.extend(reign, freshOnes(scene, led.chainOf(reign))) : led.chainOf(reign);
  reign.show(scene.coven.honest, chain, showing);
  reign.vouch(scene.coven.honest, chain, allAcked(scene, reign, chain));
}

/** Returns whether enough honest replicas have `chain` in this term for a certificate of its tip to exist. */
export const allAcked = (scene: Scene, reign: Reign, chain: Chain): boolean =>
  scene.honest.filter(({ state: { hard } }) =>
    hard.currentTerm === reign.term && hard.ack !== null && hard.ack.hash === chain.tip.hash
  ).length >= scene.needed;

/** Returns `base` followed by entries other than a leader of `at` would put there: no leading no-op, requests in another order. */
export function twist(scene: Scene, base: Chain, at: Term): Chain {
  const { hash } = scene.puppet;
  const fresh = scene.freshRequests(base, FRESH).reverse();
  const old = base.entries.flatMap(({ entry }) => entry.requests ?? []);
  if (fresh.length > 0) return base.extend(hash, at, [fresh, []]);
  if (old.length > 0) return base.extend(hash, at, [[scene.coven.rng.pick(old)], []]);
  const before = term(Math.max(1, base.entries.at(-1)?.entry.term ?? at - 1));
  return base.extend(hash, before, [[]]).extend(hash, at, [[]]);
}

/** Returns `chain` with no-ops after it until it is `length` long. */
export function padded(scene: Scene, chain: Chain, at: Term, length: number): Chain {
  const missing = Math.max(0, length - chain.entries.length);
  return chain.extend(scene.puppet.hash, at, Array.from({ length: missing }, () => []));
}
