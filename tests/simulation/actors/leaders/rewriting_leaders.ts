/** Leaders that replace certified, acked or committed entries (§5.2, §5.3, §12 "Leader"). */
import { logIndex, type ReplicaId } from "../../../../protocol/ids.ts";
import { contains } from "../../../../replica/core/log/log.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import { Led, padded, serve, twist } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

const forks = new WeakMap<Reign, Chain>();

/** Returns the fork of this leadership that leaves the base's chain above `after`; at least `length` long. */
function forkOf(scene: Scene, reign: Reign, after: number, length: number): Chain {
  const known = forks.get(reign);
  if (known) return known;
  const base = scene.chainThrough(reign.base) ?? scene.chainThrough(scene.genesis)!;
  const fork = scene.remember(padded(scene, twist(scene, base.upTo(after), reign.term), reign.term, length));
  forks.set(reign, fork);
  return fork;
}

/** Sends another chain at and below the base, to replicas that have not committed the base, with the colluders' acks for it. */
export function rewriteBase(scene: Scene, reign: Reign): void {
  const victims = scene.honest.filter(({ state }) => state.commitIndex < reign.base.index);
  if (victims.length === 0) return;
  const after = Math.min(...victims.map(({ state }) => state.commitIndex));
  const fork = forkOf(scene, reign, after, reign.base.index + 1);
  const ids = victims.map(({ id }) => id);
  reign.show(ids, fork, { after: fork.matchOf(victims[0]!.state.log) < after ? logIndex(0) : logIndex(after) });
  reign.vouch(ids, fork, true);
}

/** Sends other entries in place of committed ones. */
function rewriteCommitted(scene: Scene, reign: Reign, victim: ReplicaId): void {
  const state = scene.coven.peek(victim);
  if (!state || state.commitIndex === 0) return;
  const after = Math.max(0, state.commitIndex - 2);
  const fork = forkOf(scene, reign, after, state.commitIndex + 1);
  reign.show([victim], fork, { after: logIndex(Math.min(after, fork.matchOf(state.log))) });
  reign.vouch([victim], fork, true);
}

/** Sends first one chain that is acked, then a longer one in its place. */
function rewriteAcked(scene: Scene, reign: Reign, led: Led): void {
  const some = led.order(reign).slice(0, scene.needed);
  const chain = led.chainOf(reign);
  if (reign.beats < 3) return reign.show(some, chain);
  const fork = forkOf(scene, reign, reign.base.index, chain.tip.index + 2);
  reign.show(some, fork, { after: reign.base.index });
  reign.vouch(some, fork, true);
}

const rewritingLeader = pretender((scene) => {
  const led = new Led(scene);
  const ways = new WeakMap<Reign, number>();
  return {
    lead(reign) {
      const way = ways.get(reign) ?? scene.coven.rng.int(0, 2);
      ways.set(reign, way);
      const beyond = scene.honest.filter(({ state }) => state.commitIndex < reign.base.index);
      if (beyond.length >= scene.needed || (way === 0 && beyond.length > 0)) return rewriteBase(scene, reign);
      if (way < 2) return rewriteCommitted(scene, reign, led.order(reign)[reign.beats % 2]!);
      rewriteAcked(scene, reign, led);
    },
  };
});

/** Shows entries below its base only, so that replicas acking them would certify less than the base protects; then campaigns on that. */
const belowBaseLeader = pretender((scene) => {
  const led = new Led(scene);
  const ends = new WeakMap<Reign, number>();
  return {
    lead(reign) {
      const { base } = reign;
      if (base.index < 2) return reign.beats < 10 ? serve(scene, reign, led) : undefined;
      const end = ends.get(reign) ?? Math.max(1, base.index - scene.coven.rng.pick([1, 1, 2, 4]));
      ends.set(reign, end);
      const chain = scene.chainThrough(base)?.upTo(end);
      if (!chain) return;
      const having = scene.honest.filter(({ state }) => contains(state.log, base)).map(({ id }) => id);
      reign.show(having, chain, { after: logIndex(reign.beats % 3 === 2 ? end : Math.max(0, end - 2)) });
      reign.vouch(scene.coven.honest, chain, false);
    },
  };
});

export const REWRITING_LEADERS: Readonly<Record<string, Actor>> = {
  "rewriting-leader": rewritingLeader,
  "below-base-leader": belowBaseLeader,
};
