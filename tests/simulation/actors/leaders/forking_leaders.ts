/** Leaders of more than one chain, and of chains shown to some replicas only (§12 "Leader"). */
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor } from "../actor.ts";
import { rewriteBase } from "./rewriting_leaders.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import { askForAnother } from "../candidates/second_votes.ts";
import { placeOf } from "../shadow/shadow_campaign.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import { allAcked, Led, serve, twist } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

/** Beats after which a leader that changes chains does so. */
const FIRST_STORY = 4;

/** A second chain for each leadership. */
class SecondChain {
  #of: Reign | null = null;
  #chain: Chain | null = null;

  get(scene: Scene, reign: Reign): Chain {
    if (this.#of !== reign || this.#chain === null) {
      this.#of = reign;
      const base = scene.chainThrough(reign.base) ?? scene.chainThrough(scene.genesis)!;
      this.#chain = scene.remember(twist(scene, base, reign.term));
    }
    return this.#chain;
  }
}

/** Returns the honest replicas in two halves, each with a chain of its own. */
function halves(scene: Scene, led: Led, second: SecondChain, reign: Reign): readonly (readonly [ReplicaId[], Chain])[] {
  const order = led.order(reign);
  const half = Math.ceil(order.length / 2);
  return [[order.slice(0, half), led.chainOf(reign)], [order.slice(half), second.get(scene, reign)]];
}

/** Gives each half of the honest replicas one chain, and the acks and reports of all colluders for it. */
const splitLeader = pretender((scene) => {
  const led = new Led(scene);
  const second = new SecondChain();
  return {
    lead(reign) {
      for (const [part, chain] of halves(scene, led, second, reign)) {
        reign.show(part, chain);
        reign.vouch(part, chain, true);
      }
    },
  };
});

/**
 * Leads two chains, each with too few followers for a certificate: all replicas have something uncommitted for ever, and receive
 * heartbeats. They need no client to notice that (§6.1a).
 */
const scatteringLeader = pretender((scene) => {
  const led = new Led(scene);
  const second = new SecondChain();
  return {
    lead(reign) {
      for (const [part, chain] of halves(scene, led, second, reign)) reign.show(part, chain);
    },
  };
});

/** Forgets in the middle of its term what it has led, as after a restart, and leads on from its base with other entries. */
const amnesiacLeader = pretender((scene) => {
  const led = new Led(scene);
  const second = new SecondChain();
  return {
    lead(reign) {
      const order = led.order(reign);
      const knowing = order.slice(0, scene.needed - (reign.term % 2));
      if (reign.beats < FIRST_STORY) {
        reign.show(knowing, led.chainOf(reign));
        return reign.vouch(knowing, led.chainOf(reign), false);
      }
      if (reign.beats === FIRST_STORY) reign.forgetRounds();
      const others = reign.beats < 3 * FIRST_STORY ? order.slice(knowing.length) : order;
      reign.show(others, second.get(scene, reign));
      reign.vouch(others, second.get(scene, reign), true);
    },
  };
});

/**
 * Has one follower alone commit: the leader withholds its report from all others. It keeps that follower quiet, and if it leads again
 * before any other replica does, it replaces the committed entries (Cachin and Vukolić's schedule).
 */
const loneCommit = pretender((scene) => {
  const led = new Led(scene);
  const roles = new WeakMap<Reign, readonly ReplicaId[]>();
  return {
    lead(reign) {
      const laggards = scene.honest.filter(({ state }) => state.commitIndex < reign.base.index);
      const someoneCommitted = scene.honest.some(({ state }) => state.commitIndex >= reign.base.index);
      if (!roles.has(reign) && someoneCommitted && laggards.length >= scene.needed) return rewriteBase(scene, reign);
      const order = roles.get(reign) ?? byNextTurn(scene, reign);
      roles.set(reign, order);
      commitAtOne(scene, reign, led.chainOf(reign), order);
    },
  };
});

/** Returns the honest replicas by turn: the next to lead are kept ignorant and cannot win; the one that has committed comes after them. */
const byNextTurn = (scene: Scene, { term: at }: Reign): readonly ReplicaId[] =>
  [...scene.coven.honest].sort((a, b) => placeOf(scene, a, term(at + 1)) - placeOf(scene, b, term(at + 1)));

function commitAtOne(scene: Scene, reign: Reign, chain: Chain, order: readonly ReplicaId[]): void {
  const [lone, ...helpers] = order.slice(order.length - scene.needed);
  if (lone === undefined) return;
  if ((scene.coven.peek(lone)?.commitIndex ?? 0) >= chain.tip.index) return reign.heartbeat([lone]);
  reign.show([lone, ...helpers], chain);
  reign.vouch([lone, ...helpers], chain, false);
  if (allAcked(scene, reign, chain)) reign.vouch([lone], chain, true);
}

/** Remembers the state in which each replica was last seen, to notice that it has restarted. */
class Restarts {
  readonly #seen = new Map<ReplicaId, CoreState>();
  readonly #restartedIn = new Map<ReplicaId, Term>();

  /** Returns replicas that have restarted since they were first seen in a term of `at` or later. */
  since(scene: Scene, at: Term): ReplicaId[] {
    for (const { id, state } of scene.honest) {
      const known = this.#seen.get(id);
      if (known && known !== state) this.#restartedIn.set(id, known.hard.currentTerm);
      this.#seen.set(id, state);
    }
    return [...this.#restartedIn].filter(([, inTerm]) => inTerm >= at).map(([id]) => id);
  }
}

/** Shows replicas that have restarted something else than before: another chain in the same term, another base to vote for. */
const secondChance = pretender((scene) => {
  const led = new Led(scene);
  const second = new SecondChain();
  const restarts = new Restarts();
  return {
    lead(reign) {
      const restarted = restarts.since(scene, reign.term);
      const order = led.order(reign);
      const first = order.slice(0, scene.needed).filter((id) => !restarted.includes(id));
      reign.show(first, led.chainOf(reign));
      reign.vouch(first, led.chainOf(reign), false);
      const others = order.filter((id) => !first.includes(id));
      reign.show(others, second.get(scene, reign));
      reign.vouch(others, second.get(scene, reign), true);
    },
    always() {
      const { claim, ear } = scene.throne;
      if (!claim) return;
      const restarted = restarts.since(scene, claim.term);
      const voters = ear.votes.filter(({ message }) => message.term === claim.term).map(({ message }) => message.voter);
      const again = restarted.filter((id) => voters.includes(id));
      if (again.length > 0) askForAnother(scene, claim, again);
    },
  };
});

/** Serves well, and also repeats old heartbeats of its own. */
const echoingLeader = pretender((scene) => {
  const led = new Led(scene);
  return {
    lead: (reign) => {
      if (reign.beats % 4 === 3) reign.forgetRounds();
      serve(scene, reign, led);
    },
  };
});

export const FORKING_LEADERS: Readonly<Record<string, Actor>> = {
  "split-leader": splitLeader,
  "scattering-leader": scatteringLeader,
  "amnesiac-leader": amnesiacLeader,
  "lone-commit": loneCommit,
  "second-chance": secondChance,
  "echoing-leader": echoingLeader,
};
