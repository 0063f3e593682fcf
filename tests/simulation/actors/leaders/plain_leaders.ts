/** Leaders that starve, stall or mislead their followers (§12 "Leader"): they stand in elections by themselves, and win their share. */
import { logIndex } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain, Content } from "../shadow/shadow_chains.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

export const PLAIN_LEADERS: Readonly<Record<string, Actor>> = {
  /** Sends entries to fewer than a quorum, heartbeats to all. */
  "stingy-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        const few = led.order(rogueTerm).slice(0, situation.needed - 1);
        const chain = led.chainOf(rogueTerm);
        if (rogueTerm.beats % 2 === 0) rogueTerm.show(few, chain);
        else rogueTerm.heartbeat(situation.colluders.honest);
        if (rogueTerm.beats % 4 === 0) rogueTerm.vouch(situation.colluders.honest, chain, true);
      },
    };
  }),

  /** Sends a term's first entry to one follower alone, and heartbeats to all from then on. */
  "one-witness-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        const witness = led.order(rogueTerm).slice(0, 1);
        if (rogueTerm.beats < 4) rogueTerm.show(witness, led.chainOf(rogueTerm, () => []));
        else rogueTerm.heartbeat(situation.colluders.honest);
      },
    };
  }),

  /** Sends heartbeats for ever, and never an entry. */
  "heartbeat-leader": campaigner((situation) => ({
    lead(rogueTerm) {
      if (rogueTerm.beats % 2 === 0) rogueTerm.heartbeat(situation.colluders.honest);
    },
  })),

  /** Serves all, with repeated requests: twice in an entry, in two entries, in reverse, and from all earlier terms. */
  "repeating-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        if (rogueTerm.beats % 3 === 1) led.extend(rogueTerm, repeated(situation, led.chainOf(rogueTerm)));
        serve(situation, rogueTerm, led);
      },
    };
  }),

  /** Sends a commit index that was never reached, over entries that only some get. */
  "false-commit-leader": campaigner((situation) => {
    const led = new Led(situation);
    return {
      lead(rogueTerm) {
        const chain = led.chainOf(rogueTerm);
        const far = logIndex(situation.colluders.rng.pick([chain.tip.index, chain.tip.index + 100, LIMITS.maxInteger]));
        const [first, ...others] = led.order(rogueTerm);
        const some = rogueTerm.beats < 6 ? others.slice(0, situation.needed) : others;
        if (rogueTerm.beats % 2 === 0) rogueTerm.show(some, chain, { commitIndex: far });
        else rogueTerm.heartbeat([first!], far);
        rogueTerm.vouch(some.slice(0, 1), chain, true);
      },
    };
  }),
};

/** Returns the same requests repeated in every wrong way. */
function repeated(situation: Situation, chain: Chain): Content[] {
  const { rng } = situation.colluders;
  const old = chain.entries.flatMap(({ entry }) => entry.requests ?? []);
  const fresh = situation.freshRequests(chain, 3);
  const all = [...rng.shuffle(old).slice(0, 4), ...fresh];
  if (all.length === 0) return [];
  return [[...fresh, ...fresh], [...all].reverse(), rng.shuffle(all)].filter(({ length }) => length > 0);
}
