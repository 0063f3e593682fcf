/** A leader that has one follower ack a separate chain, and brings it back by a snapshot of what the others committed (§8.1, §8.3). */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { contains } from "../../../../replica/core/log/log.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { allAcked, Led, twist } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

/** The second chain of a leadership, and the replica it is shown to. */
interface Astray {
  readonly rogueTerm: RogueTerm;
  readonly victim: ReplicaId;
  readonly chain: Chain;
}

/**
 * Shows the victim a second chain until it has something else committed, which comes to it as a snapshot if logs are cut short; from then
 * on it shows it the first chain like all others, in the same term.
 */
const outdatingLeader: Actor = campaigner((situation) => {
  const led = new Led(situation);
  let astray: Astray | null = null;
  return {
    lead(rogueTerm) {
      if (astray?.rogueTerm !== rogueTerm) astray = leadAstray(situation, led, rogueTerm);
      const { victim, chain } = astray;
      const first = led.extend(
        rogueTerm,
        rogueTerm.beats === 0 ? [] : [situation.freshRequests(led.chainOf(rogueTerm), 1)],
      );
      const lost = isAstray(situation, astray);
      const followers = situation.colluders.honest.filter((id) => id !== victim || !lost);
      rogueTerm.show(followers, first);
      rogueTerm.vouch(followers, first, allAcked(situation, rogueTerm, first) || rogueTerm.beats > 1);
      if (lost) rogueTerm.show([victim], chain);
    },
  };
});

function leadAstray(situation: Situation, led: Led, rogueTerm: RogueTerm): Astray {
  const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
  return {
    rogueTerm,
    victim: led.order(rogueTerm)[0]!,
    chain: situation.remember(twist(situation, base, rogueTerm.term)),
  };
}

/** Returns whether the victim has not yet seen that something else is committed. */
function isAstray({ colluders }: Situation, { victim, chain, rogueTerm }: Astray): boolean {
  const state = colluders.peek(victim);
  if (chain.length === rogueTerm.base.index) return false;
  if (state === null || state.hard.currentTerm > rogueTerm.term) return false;
  return state.commitIndex <= rogueTerm.base.index ||
    contains(state.log, chain.headAt(rogueTerm.base.index + 1 as typeof state.commitIndex));
}

export const OUTDATING_LEADERS: Readonly<Record<string, Actor>> = { "outdating-leader": outdatingLeader };
