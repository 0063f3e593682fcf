/** A leader that has one follower ack a separate chain, and brings it back by a snapshot of what the others committed (§8.1, §8.3). */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { contains } from "../../../../replica/core/log/log.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import { allAcked, Led, twist } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

/** The second chain of a leadership, and the replica it is shown to. */
interface Astray {
  readonly reign: Reign;
  readonly victim: ReplicaId;
  readonly chain: Chain;
}

/**
 * Shows the victim a second chain until it has something else committed, which comes to it as a snapshot if logs are cut short; from then
 * on it shows it the first chain like all others, in the same term.
 */
const outdatingLeader: Actor = pretender((scene) => {
  const led = new Led(scene);
  let astray: Astray | null = null;
  return {
    lead(reign) {
      if (astray?.reign !== reign) astray = leadAstray(scene, led, reign);
      const { victim, chain } = astray;
      const first = led.extend(reign, reign.beats === 0 ? [] : [scene.freshRequests(led.chainOf(reign), 1)]);
      const lost = isAstray(scene, astray);
      const followers = scene.coven.honest.filter((id) => id !== victim || !lost);
      reign.show(followers, first);
      reign.vouch(followers, first, allAcked(scene, reign, first) || reign.beats > 1);
      if (lost) reign.show([victim], chain);
    },
  };
});

function leadAstray(scene: Scene, led: Led, reign: Reign): Astray {
  const base = scene.chainThrough(reign.base) ?? scene.chainThrough(scene.genesis)!;
  return { reign, victim: led.order(reign)[0]!, chain: scene.remember(twist(scene, base, reign.term)) };
}

/** Returns whether the victim has not yet seen that something else is committed. */
function isAstray({ coven }: Scene, { victim, chain, reign }: Astray): boolean {
  const state = coven.peek(victim);
  if (state === null || state.hard.currentTerm > reign.term) return false;
  return state.commitIndex <= reign.base.index ||
    contains(state.log, chain.headAt(reign.base.index + 1 as typeof state.commitIndex));
}

export const OUTDATING_LEADERS: Readonly<Record<string, Actor>> = { "outdating-leader": outdatingLeader };
