/** What faulty leaders have in common: one chain for a reign, with requests that clients really signed. */
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Chain, Content } from "./shadow_chains.ts";
import type { Reign, Showing } from "./shadow_leadership.ts";
import type { Scene } from "./shadow_situation.ts";

/** Requests put behind the no-op that opens a term, at most. */
const FRESH = 3;

/** The chain of a reign, begun with its first beat. */
export class Led {
  readonly #scene: Scene;
  #reign: Reign | null = null;
  #chain: Chain | null = null;
  #chosen: ReplicaId[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The base's chain, a no-op, and what `contents` gives behind it; the same one for the whole reign. */
  chainOf(reign: Reign, contents: (base: Chain) => readonly Content[] = (base) => freshOnes(this.#scene, base)): Chain {
    this.#begin(reign);
    if (this.#chain === null) {
      const base = this.#scene.chainThrough(reign.base) ?? this.#scene.chainThrough(this.#scene.genesis)!;
      const { hash } = this.#scene.puppet;
      this.#chain = this.#scene.remember(base.extend(hash, reign.term, [[], ...contents(base)]));
    }
    return this.#chain;
  }

  /** The chain goes on with `contents`. */
  extend(reign: Reign, contents: readonly Content[]): Chain {
    const chain = this.chainOf(reign);
    if (contents.length > 0) {
      this.#chain = this.#scene.remember(chain.extend(this.#scene.puppet.hash, reign.term, contents));
    }
    return this.#chain!;
  }

  /** The honest replicas in an order drawn once a reign. */
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

/** Requests not on `base`, one an entry. */
const freshOnes = (scene: Scene, base: Chain): Content[] =>
  scene.freshRequests(base, FRESH).map((request) => [request]);

/** Leads as a leader should: everything to everyone, with its own acks and reports. */
export function serve(scene: Scene, reign: Reign, led: Led, showing: Showing = {}): void {
  const grown = reign.beats % 3 === 2;
  const chain = grown ? led.extend(reign, freshOnes(scene, led.chainOf(reign))) : led.chainOf(reign);
  reign.show(scene.coven.honest, chain, showing);
  reign.vouch(scene.coven.honest, chain, allAcked(scene, reign, chain));
}

/** Whether so many honest replicas have `chain` in this term that a certificate for its tip exists. */
export const allAcked = (scene: Scene, reign: Reign, chain: Chain): boolean =>
  scene.honest.filter(({ state: { hard } }) =>
    hard.currentTerm === reign.term && hard.ack !== null && hard.ack.hash === chain.tip.hash
  ).length >= scene.needed;

/** `base` with other entries behind it than a leader of `at` would put there: no no-op in front, requests in another order. */
export function twist(scene: Scene, base: Chain, at: Term): Chain {
  const { hash } = scene.puppet;
  const fresh = scene.freshRequests(base, FRESH).reverse();
  const old = base.entries.flatMap(({ entry }) => entry.requests ?? []);
  if (fresh.length > 0) return base.extend(hash, at, [fresh, []]);
  if (old.length > 0) return base.extend(hash, at, [[scene.coven.rng.pick(old)], []]);
  const before = term(Math.max(1, base.entries.at(-1)?.entry.term ?? at - 1));
  return base.extend(hash, before, [[]]).extend(hash, at, [[]]);
}

/** `chain` with no-ops behind it until it is `length` long. */
export function padded(scene: Scene, chain: Chain, at: Term, length: number): Chain {
  const missing = Math.max(0, length - chain.entries.length);
  return chain.extend(scene.puppet.hash, at, Array.from({ length: missing }, () => []));
}
