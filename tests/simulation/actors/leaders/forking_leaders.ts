/** Leaders of more than one chain, and of chains shown to some replicas only (§12 "Leader"). */
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor } from "../actor.ts";
import { askForAnother } from "../candidates/second_votes.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import { placeOf } from "../shadow/shadow_campaign.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { allAcked, Led, serve, twist } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";
import { rewriteBase } from "./rewriting_leaders.ts";

/** Beats after which a leader that changes chains does so. */
const FIRST_STORY = 4;

/** A second chain for each leadership. */
class SecondChain {
  #of: RogueTerm | null = null;
  #chain: Chain | null = null;

  get(situation: Situation, rogueTerm: RogueTerm): Chain {
    if (this.#of !== rogueTerm || this.#chain === null) {
      this.#of = rogueTerm;
      const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
      this.#chain = situation.remember(twist(situation, base, rogueTerm.term));
    }
    return this.#chain;
  }
}

/** Returns the honest replicas in two halves, each with a chain of its own. */
function halves(
  situation: Situation,
  led: Led,
  second: SecondChain,
  rogueTerm: RogueTerm,
): readonly (readonly [ReplicaId[], Chain])[] {
  const order = led.order(rogueTerm);
  const half = Math.ceil(order.length / 2);
  return [[order.slice(0, half), led.chainOf(rogueTerm)], [order.slice(half), second.get(situation, rogueTerm)]];
}

/** Gives each half of the honest replicas one chain, and the acks and reports of all colluders for it. */
const splitLeader = campaigner((situation) => {
  const led = new Led(situation);
  const second = new SecondChain();
  return {
    lead(rogueTerm) {
      for (const [part, chain] of halves(situation, led, second, rogueTerm)) {
        rogueTerm.show(part, chain);
        rogueTerm.vouch(part, chain, true);
      }
    },
  };
});

/**
 * Leads two chains, each with too few followers for a certificate: all replicas have something uncommitted for ever, and receive
 * heartbeats. They need no client to notice that (§6.1a).
 */
const scatteringLeader = campaigner((situation) => {
  const led = new Led(situation);
  const second = new SecondChain();
  return {
    lead(rogueTerm) {
      for (const [part, chain] of halves(situation, led, second, rogueTerm)) rogueTerm.show(part, chain);
    },
  };
});

/** Forgets in the middle of its term what it has led, as after a restart, and leads on from its base with other entries. */
const amnesiacLeader = campaigner((situation) => {
  const led = new Led(situation);
  const second = new SecondChain();
  return {
    lead(rogueTerm) {
      const order = led.order(rogueTerm);
      const knowing = order.slice(0, situation.needed - (rogueTerm.term % 2));
      if (rogueTerm.beats < FIRST_STORY) {
        rogueTerm.show(knowing, led.chainOf(rogueTerm));
        return rogueTerm.vouch(knowing, led.chainOf(rogueTerm), false);
      }
      if (rogueTerm.beats === FIRST_STORY) rogueTerm.forgetRounds();
      const others = rogueTerm.beats < 3 * FIRST_STORY ? order.slice(knowing.length) : order;
      rogueTerm.show(others, second.get(situation, rogueTerm));
      rogueTerm.vouch(others, second.get(situation, rogueTerm), true);
    },
  };
});

/**
 * Has one follower alone commit: the leader withholds its report from all others. It keeps that follower quiet, and if it leads again
 * before any other replica does, it replaces the committed entries (Cachin and Vukolić's schedule).
 */
const loneCommit = campaigner((situation) => {
  const led = new Led(situation);
  const roles = new WeakMap<RogueTerm, readonly ReplicaId[]>();
  return {
    lead(rogueTerm) {
      const laggards = situation.honest.filter(({ state }) => state.commitIndex < rogueTerm.base.index);
      const someoneCommitted = situation.honest.some(({ state }) => state.commitIndex >= rogueTerm.base.index);
      if (!roles.has(rogueTerm) && someoneCommitted && laggards.length >= situation.needed) {
        return rewriteBase(situation, rogueTerm);
      }
      const order = roles.get(rogueTerm) ?? byNextTurn(situation, rogueTerm);
      roles.set(rogueTerm, order);
      commitAtOne(situation, rogueTerm, led.chainOf(rogueTerm), order);
    },
  };
});

/** Returns the honest replicas by turn: the next to lead are kept ignorant and cannot win; the one that has committed comes after them. */
const byNextTurn = (situation: Situation, { term: at }: RogueTerm): readonly ReplicaId[] =>
  [...situation.colluders.honest].sort((a, b) =>
    placeOf(situation, a, term(at + 1)) - placeOf(situation, b, term(at + 1))
  );

function commitAtOne(situation: Situation, rogueTerm: RogueTerm, chain: Chain, order: readonly ReplicaId[]): void {
  const [lone, ...helpers] = order.slice(order.length - situation.needed);
  if (lone === undefined) return;
  if ((situation.colluders.peek(lone)?.commitIndex ?? 0) >= chain.tip.index) return rogueTerm.heartbeat([lone]);
  rogueTerm.show([lone, ...helpers], chain);
  rogueTerm.vouch([lone, ...helpers], chain, false);
  if (allAcked(situation, rogueTerm, chain)) rogueTerm.vouch([lone], chain, true);
}

/** Remembers the state in which each replica was last seen, to notice that it has restarted. */
class Restarts {
  readonly #seen = new Map<ReplicaId, CoreState>();
  readonly #restartedIn = new Map<ReplicaId, Term>();

  /** Returns replicas that have restarted since they were first seen in a term of `at` or later. */
  since(situation: Situation, at: Term): ReplicaId[] {
    for (const { id, state } of situation.honest) {
      const known = this.#seen.get(id);
      if (known && known !== state) this.#restartedIn.set(id, known.hard.currentTerm);
      this.#seen.set(id, state);
    }
    return [...this.#restartedIn].filter(([, inTerm]) => inTerm >= at).map(([id]) => id);
  }
}

/** Shows replicas that have restarted something else than before: another chain in the same term, another base to vote for. */
const secondChance = campaigner((situation) => {
  const led = new Led(situation);
  const second = new SecondChain();
  const restarts = new Restarts();
  return {
    lead(rogueTerm) {
      const restarted = restarts.since(situation, rogueTerm.term);
      const order = led.order(rogueTerm);
      const first = order.slice(0, situation.needed).filter((id) => !restarted.includes(id));
      rogueTerm.show(first, led.chainOf(rogueTerm));
      rogueTerm.vouch(first, led.chainOf(rogueTerm), false);
      const others = order.filter((id) => !first.includes(id));
      rogueTerm.show(others, second.get(situation, rogueTerm));
      rogueTerm.vouch(others, second.get(situation, rogueTerm), true);
    },
    always() {
      const { claim, listener } = situation.sharedCampaign;
      if (!claim) return;
      const restarted = restarts.since(situation, claim.term);
      const voters = listener.votes.filter(({ message }) => message.term === claim.term).map(({ message }) =>
        message.voter
      );
      const again = restarted.filter((id) => voters.includes(id));
      if (again.length > 0) askForAnother(situation, claim, again);
    },
  };
});

/** Serves well, and also repeats old heartbeats of its own. */
const echoingLeader = campaigner((situation) => {
  const led = new Led(situation);
  return {
    lead: (rogueTerm) => {
      if (rogueTerm.beats % 4 === 3) rogueTerm.forgetRounds();
      serve(situation, rogueTerm, led);
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
