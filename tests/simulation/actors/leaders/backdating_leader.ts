/** A leader that waits until logs are cut off at their ends, and orders an entry of an older term after that (§3.1, §8.2). */
import { type ReplicaId, term } from "../../../../protocol/ids.ts";
import { lastHead } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import { allAcked, padded } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

/** Beats for which it waits for a snapshot to bring a replica back. */
const PATIENCE = 30;

/** Progress of one leadership. */
interface Led {
  readonly reign: Reign;
  readonly chain: Chain;
  /** True if the last entry is of a lower term than the one before. */
  readonly backdated: boolean;
  /** Replica that gets only heartbeats until a snapshot has brought it to the end of the chain; it never saw the last entry. */
  readonly victim: ReplicaId | null;
}

/**
 * Leads correctly up to the next checkpoint; once enough replicas have that one stable as the end of their logs, goes on in an older term.
 * Every other time a replica is kept from all entries until then, and knows the checkpoint by its hash alone.
 */
const backdatingLeader: Actor = pretender((scene) => {
  let led: Led | null = null;
  return {
    lead(reign) {
      if (led?.reign !== reign) led = begin(scene, reign);
      const others = scene.coven.honest.filter((id) => id !== led!.victim);
      if (!led.backdated && isReady(scene, led)) led = backdate(scene, led);
      reign.show(led.backdated ? scene.coven.honest : others, led.chain);
      if (led.victim !== null && !led.backdated) reign.heartbeat([led.victim]);
      reign.vouch(scene.coven.honest, led.chain, allAcked(scene, reign, led.chain));
    },
  };
});

/** Returns the base's chain with entries of this term after it, the last at an index where a checkpoint is taken. */
function begin(scene: Scene, reign: Reign): Led {
  const { puppet: { hash, config: { constants: { checkpointEvery } } }, coven: { rng, honest }, needed } = scene;
  const base = scene.chainThrough(reign.base) ?? scene.chainThrough(scene.genesis)!;
  const opened = base.extend(hash, reign.term, [[], ...scene.freshRequests(base, 1).map((request) => [request])]);
  const length = Math.ceil(opened.tip.index / checkpointEvery) * checkpointEvery;
  const victim = honest.length > needed && rng.chance(0.5) ? rng.pick(honest) : null;
  return { reign, chain: scene.remember(padded(scene, opened, reign.term, length)), backdated: false, victim };
}

function isReady({ honest, needed, coven }: Scene, { reign, chain: { tip }, victim }: Led): boolean {
  const atEnd = ({ log, checkpoints }: CoreState) =>
    lastHead(log).hash === tip.hash && checkpoints.stableProof?.stable.hash === tip.hash;
  const lagging = victim === null ? null : coven.peek(victim);
  const back = lagging === null || reign.beats > PATIENCE || atEnd(lagging);
  return back && honest.filter(({ state }) => atEnd(state)).length >= needed;
}

const backdate = (scene: Scene, led: Led): Led => ({
  ...led,
  chain: scene.remember(led.chain.extend(scene.puppet.hash, term(led.reign.term - 1), [[]])),
  backdated: true,
});

export const BACKDATING_LEADERS: Readonly<Record<string, Actor>> = { "backdating-leader": backdatingLeader };
