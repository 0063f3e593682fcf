/** Leaders that starve, stall or mislead their followers (§12 "Leader"): they stand in elections by themselves, and win their share. */
import { LIMITS } from "../../../../protocol/limits.ts";
import { logIndex } from "../../../../protocol/ids.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import type { Chain, Content } from "../shadow/shadow_chains.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

export const PLAIN_LEADERS: Readonly<Record<string, Actor>> = {
  /** Sends entries to fewer than a quorum, heartbeats to all. */
  "stingy-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        const few = led.order(reign).slice(0, scene.needed - 1);
        const chain = led.chainOf(reign);
        if (reign.beats % 2 === 0) reign.show(few, chain);
        else reign.heartbeat(scene.coven.honest);
        if (reign.beats % 4 === 0) reign.vouch(scene.coven.honest, chain, true);
      },
    };
  }),

  /** Sends a term's first entry to one follower alone, and heartbeats to all from then on. */
  "one-witness-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        const witness = led.order(reign).slice(0, 1);
        if (reign.beats < 4) reign.show(witness, led.chainOf(reign, () => []));
        else reign.heartbeat(scene.coven.honest);
      },
    };
  }),

  /** Sends heartbeats for ever, and never an entry. */
  "heartbeat-leader": pretender((scene) => ({
    lead(reign) {
      if (reign.beats % 2 === 0) reign.heartbeat(scene.coven.honest);
    },
  })),

  /** Serves all, with repeated requests: twice in an entry, in two entries, in reverse, and from all earlier terms. */
  "repeating-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        if (reign.beats % 3 === 1) led.extend(reign, repeated(scene, led.chainOf(reign)));
        serve(scene, reign, led);
      },
    };
  }),

  /** Sends a commit index that was never reached, over entries that only some get. */
  "false-commit-leader": pretender((scene) => {
    const led = new Led(scene);
    return {
      lead(reign) {
        const chain = led.chainOf(reign);
        const far = logIndex(scene.coven.rng.pick([chain.tip.index, chain.tip.index + 100, LIMITS.maxInteger]));
        const [first, ...others] = led.order(reign);
        const some = reign.beats < 6 ? others.slice(0, scene.needed) : others;
        if (reign.beats % 2 === 0) reign.show(some, chain, { commitIndex: far });
        else reign.heartbeat([first!], far);
        reign.vouch(some.slice(0, 1), chain, true);
      },
    };
  }),
};

/** Returns the same requests repeated in every wrong way. */
function repeated(scene: Scene, chain: Chain): Content[] {
  const { rng } = scene.coven;
  const old = chain.entries.flatMap(({ entry }) => entry.requests ?? []);
  const fresh = scene.freshRequests(chain, 3);
  const all = [...rng.shuffle(old).slice(0, 4), ...fresh];
  if (all.length === 0) return [];
  return [[...fresh, ...fresh], [...all].reverse(), rng.shuffle(all)].filter(({ length }) => length > 0);
}
