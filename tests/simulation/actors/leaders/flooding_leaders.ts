/** Leaders that show more than anybody needs, or label it with terms of old (§12 "Leader", §3.1, §5.2). */
import { type LogIndex, logIndex, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { allAcked, Led, padded } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

/** Packets that one follower is sent in one beat. */
const BURST = 12;
/** Reigns of one run in which a flood is as large as it gets; later ones are small, for time's sake. */
const LARGE_FLOODS = 2;
/** More than anybody counts acks for. */
const FLOOD = LIMITS.maxAckWindow + 1000;

/** The index behind which each follower is shown the next burst. */
type Shown = Map<ReplicaId, LogIndex>;

/** Shows `to` the next burst of `chain`, whatever it has done with the last. */
function pour(rogueTerm: RogueTerm, chain: Chain, to: ReplicaId, shown: Shown, packets: number): void {
  for (let i = 0; i < packets; i++) {
    const after = shown.get(to) ?? rogueTerm.base.index;
    if (after >= chain.tip.index) return;
    rogueTerm.show([to], chain, { after });
    shown.set(to, logIndex(Math.min(chain.tip.index, after + LIMITS.maxAppendEntries)));
  }
}

/** One follower is poured the whole of a chain without end, of which all others are shown an entry at a time, so that something is committed. */
const endlessTailLeader: Actor = campaigner((situation) => {
  const led = new Led(situation);
  let [rogueTerm, chain]: [RogueTerm | null, Chain | null] = [null, null];
  let shown: Shown = new Map();
  return {
    lead(current) {
      if (rogueTerm !== current || chain === null) {
        rogueTerm = current;
        shown = new Map();
        const opened = led.chainOf(current);
        chain = situation.remember(
          padded(situation, opened, current.term, opened.length + 2 * LIMITS.maxUncommittedEntries),
        );
      }
      const [victim, ...others] = led.order(current);
      pour(current, chain, victim!, shown, BURST);
      const upTo = logIndex(Math.min(chain.tip.index, current.base.index + 1 + Math.floor(current.beats / 2)));
      current.show(others, chain, { upTo });
      current.vouch(situation.colluders.honest, chain, allAckedAt(situation, current, chain, upTo), upTo);
    },
  };
});

/** Returns whether so many honest replicas acked `chain` up to `index` that a certificate for that exists. */
const allAckedAt = (situation: Situation, { term: at }: RogueTerm, chain: Chain, index: LogIndex): boolean =>
  situation.honest.filter(({ state: { hard } }) =>
    hard.currentTerm === at && hard.ack !== null && hard.ack.index >= index && chain.contains(hard.ack)
  ).length >= situation.needed;

/** Everyone is poured thousands of entries at once, and hears nothing more from then on. */
const floodingLeader: Actor = campaigner((situation) => {
  const led = new Led(situation);
  let [rogueTerm, chain, floods]: [RogueTerm | null, Chain | null, number] = [null, null, 0];
  return {
    lead(current) {
      if (rogueTerm === current && chain !== null) return;
      rogueTerm = current;
      const opened = led.chainOf(current);
      const size = floods++ < LARGE_FLOODS ? FLOOD : 2 * LIMITS.maxAppendEntries;
      chain = situation.remember(padded(situation, opened, current.term, opened.length + size));
      for (const id of situation.colluders.honest) pour(current, chain, id, new Map(), Infinity);
    },
  };
});

/** Leads as it should, but every entry behind its base is of a term long past: the base's, or the one before its own. */
const oldTermLeader: Actor = campaigner((situation) => {
  let [rogueTerm, chain]: [RogueTerm | null, Chain | null] = [null, null];
  return {
    lead(current) {
      if (rogueTerm !== current || chain === null) {
        rogueTerm = current;
        chain = labelled(situation, current);
      } else if (current.beats % 3 === 2) {
        const [request] = situation.freshRequests(chain, 1);
        if (request) {
          chain = situation.remember(chain.extend(situation.faultyReplica.hash, lastTerm(chain), [[request]]));
        }
      }
      current.show(situation.colluders.honest, chain);
      current.vouch(situation.colluders.honest, chain, allAcked(situation, current, chain));
    },
  };
});

const lastTerm = ({ entries }: Chain): Term => entries.at(-1)?.entry.term ?? term(1);

/** The base's chain, and behind it a no-op and requests of an older term than the rogueTerm's. */
function labelled(situation: Situation, rogueTerm: RogueTerm): Chain {
  const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
  const old = situation.colluders.rng.pick([lastTerm(base), term(Math.max(lastTerm(base), rogueTerm.term - 1))]);
  const requests = situation.freshRequests(base, 2).map((request) => [request]);
  return situation.remember(base.extend(situation.faultyReplica.hash, old, [[], ...requests]));
}

export const FLOODING_LEADERS: Readonly<Record<string, Actor>> = {
  "endless-tail-leader": endlessTailLeader,
  "flooding-leader": floodingLeader,
  "old-term-leader": oldTermLeader,
};
