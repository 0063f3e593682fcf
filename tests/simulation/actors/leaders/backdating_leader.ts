/** A leader that waits until logs are cut off at their ends, and orders an entry of an older term after that (§3.1, §8.2). */
import { type ReplicaId, term } from "../../../../protocol/ids.ts";
import { lastHead } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { allAcked, padded } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

/** Beats for which it waits for a snapshot to bring a replica back. */
const PATIENCE = 30;

/** Progress of one leadership. */
interface Led {
  readonly rogueTerm: RogueTerm;
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
const backdatingLeader: Actor = campaigner((situation) => {
  let led: Led | null = null;
  return {
    lead(rogueTerm) {
      if (led?.rogueTerm !== rogueTerm) led = begin(situation, rogueTerm);
      const others = situation.colluders.honest.filter((id) => id !== led!.victim);
      if (!led.backdated && isReady(situation, led)) led = backdate(situation, led);
      rogueTerm.show(led.backdated ? situation.colluders.honest : others, led.chain);
      if (led.victim !== null && !led.backdated) rogueTerm.heartbeat([led.victim]);
      rogueTerm.vouch(situation.colluders.honest, led.chain, allAcked(situation, rogueTerm, led.chain));
    },
  };
});

/** Returns the base's chain with entries of this term after it, the last at an index where a checkpoint is taken. */
function begin(situation: Situation, rogueTerm: RogueTerm): Led {
  const { faultyReplica: { hash, config: { constants: { checkpointEvery } } }, colluders: { rng, honest }, needed } =
    situation;
  const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
  const opened = base.extend(hash, rogueTerm.term, [
    [],
    ...situation.freshRequests(base, 1).map((request) => [request]),
  ]);
  const length = Math.ceil(opened.tip.index / checkpointEvery) * checkpointEvery;
  const victim = honest.length > needed && rng.chance(0.5) ? rng.pick(honest) : null;
  return {
    rogueTerm,
    chain: situation.remember(padded(situation, opened, rogueTerm.term, length)),
    backdated: false,
    victim,
  };
}

function isReady({ honest, needed, colluders }: Situation, { rogueTerm, chain: { tip }, victim }: Led): boolean {
  const atEnd = ({ log, checkpoints }: CoreState) =>
    lastHead(log).hash === tip.hash && checkpoints.stableProof?.stable.hash === tip.hash;
  const lagging = victim === null ? null : colluders.peek(victim);
  const back = lagging === null || rogueTerm.beats > PATIENCE || atEnd(lagging);
  return back && honest.filter(({ state }) => atEnd(state)).length >= needed;
}

const backdate = (situation: Situation, led: Led): Led => ({
  ...led,
  chain: situation.remember(led.chain.extend(situation.faultyReplica.hash, term(led.rogueTerm.term - 1), [[]])),
  backdated: true,
});

export const BACKDATING_LEADERS: Readonly<Record<string, Actor>> = { "backdating-leader": backdatingLeader };
