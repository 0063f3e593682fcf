/** Leaders that replace certified, acked or committed entries (§5.2, §5.3, §12 "Leader"). */
import { logIndex, type ReplicaId } from "../../../../protocol/ids.ts";
import { contains } from "../../../../replica/core/log/log.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { Led, padded, serve, twist } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

const forks = new WeakMap<RogueTerm, Chain>();

/** Returns the fork of this leadership that leaves the base's chain above `after`; at least `length` long. */
function forkOf(situation: Situation, rogueTerm: RogueTerm, after: number, length: number): Chain {
  const known = forks.get(rogueTerm);
  if (known) return known;
  const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
  const fork = situation.remember(
    padded(situation, twist(situation, base.upTo(after), rogueTerm.term), rogueTerm.term, length),
  );
  forks.set(rogueTerm, fork);
  return fork;
}

/** Sends another chain at and below the base, to replicas that have not committed the base, with the colluders' acks for it. */
export function rewriteBase(situation: Situation, rogueTerm: RogueTerm): void {
  const victims = situation.honest.filter(({ state }) => state.commitIndex < rogueTerm.base.index);
  if (victims.length === 0) return;
  const after = Math.max(situation.genesis.index, Math.min(...victims.map(({ state }) => state.commitIndex)));
  const fork = forkOf(situation, rogueTerm, after, rogueTerm.base.index + 1);
  const ids = victims.map(({ id }) => id);
  rogueTerm.show(ids, fork, {
    after: fork.matchOf(victims[0]!.state.log) < after ? fork.genesis.index : logIndex(after),
  });
  rogueTerm.vouch(ids, fork, true);
}

/** Sends other entries in place of committed ones. */
function rewriteCommitted(situation: Situation, rogueTerm: RogueTerm, victim: ReplicaId): void {
  const state = situation.colluders.peek(victim);
  if (!state || state.commitIndex === 0) return;
  const after = Math.max(situation.genesis.index, state.commitIndex - 2);
  const fork = forkOf(situation, rogueTerm, after, state.commitIndex + 1);
  rogueTerm.show([victim], fork, { after: logIndex(Math.min(after, fork.matchOf(state.log))) });
  rogueTerm.vouch([victim], fork, true);
}

/** Sends first one chain that is acked, then a longer one in its place. */
function rewriteAcked(situation: Situation, rogueTerm: RogueTerm, led: Led): void {
  const some = led.order(rogueTerm).slice(0, situation.needed);
  const chain = led.chainOf(rogueTerm);
  if (rogueTerm.beats < 3) return rogueTerm.show(some, chain);
  const fork = forkOf(situation, rogueTerm, rogueTerm.base.index, chain.tip.index + 2);
  rogueTerm.show(some, fork, { after: rogueTerm.base.index });
  rogueTerm.vouch(some, fork, true);
}

const rewritingLeader = campaigner((situation) => {
  const led = new Led(situation);
  const ways = new WeakMap<RogueTerm, number>();
  return {
    lead(rogueTerm) {
      const way = ways.get(rogueTerm) ?? situation.colluders.rng.int(0, 2);
      ways.set(rogueTerm, way);
      const beyond = situation.honest.filter(({ state }) => state.commitIndex < rogueTerm.base.index);
      if (beyond.length >= situation.needed || (way === 0 && beyond.length > 0)) {
        return rewriteBase(situation, rogueTerm);
      }
      if (way < 2) return rewriteCommitted(situation, rogueTerm, led.order(rogueTerm)[rogueTerm.beats % 2]!);
      rewriteAcked(situation, rogueTerm, led);
    },
  };
});

/** Shows entries below its base only, so that replicas acking them would certify less than the base protects; then campaigns on that. */
const belowBaseLeader = campaigner((situation) => {
  const led = new Led(situation);
  const ends = new WeakMap<RogueTerm, number>();
  return {
    lead(rogueTerm) {
      const { base } = rogueTerm;
      if (base.index < 2) return rogueTerm.beats < 10 ? serve(situation, rogueTerm, led) : undefined;
      const end = ends.get(rogueTerm) ?? Math.max(1, base.index - situation.colluders.rng.pick([1, 1, 2, 4]));
      ends.set(rogueTerm, end);
      const chain = situation.chainThrough(base)?.upTo(end);
      if (!chain) return;
      const having = situation.honest.filter(({ state }) => contains(state.log, base)).map(({ id }) => id);
      rogueTerm.show(having, chain, { after: logIndex(rogueTerm.beats % 3 === 2 ? end : Math.max(0, end - 2)) });
      rogueTerm.vouch(situation.colluders.honest, chain, false);
    },
  };
});

export const REWRITING_LEADERS: Readonly<Record<string, Actor>> = {
  "rewriting-leader": rewritingLeader,
  "below-base-leader": belowBaseLeader,
};
