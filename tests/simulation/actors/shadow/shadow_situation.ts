/** The shared knowledge of the actors that lead and campaign by themselves. */
import type { Certificate } from "../../../../protocol/certificate.ts";
import type { Head } from "../../../../protocol/entry.ts";
import type { ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { Certified, Request } from "../../../../protocol/message.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { genesisCertificate } from "../../../../replica/core/create_state.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Colluders, FaultyReplica } from "../actor.ts";
import { slotIn } from "../support/slots.ts";
import { Chain } from "./shadow_chains.ts";
import { Listener } from "./shadow_listener.ts";

/** Maximum number of chains remembered because no other replica may hold them. */
const MOST_CHAINS = 12;

/** A candidacy, and the certificate each voter is shown. */
export interface Claim {
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly asked: Map<ReplicaId, Certificate>;
}

/** State shared by all colluders that campaign by themselves. */
export interface SharedCampaign {
  readonly listener: Listener;
  /** Colluders that campaign by themselves. */
  readonly campaigners: Set<ReplicaId>;
  /** The newest candidacy of any of them. */
  claim: Claim | null;
  /** Chains they led with. */
  readonly chains: Chain[];
}

const sharedCampaigns = new WeakMap<Colluders, SharedCampaign>();

export class Situation {
  readonly faultyReplica: FaultyReplica;
  readonly colluders: Colluders;
  readonly self: ReplicaId;
  readonly sharedCampaign: SharedCampaign;

  constructor(faultyReplica: FaultyReplica) {
    const { colluders } = faultyReplica;
    this.faultyReplica = faultyReplica;
    this.colluders = colluders;
    this.self = faultyReplica.config.self;
    this.sharedCampaign = sharedCampaigns.get(colluders) ??
      {
        listener: new Listener(colluders, faultyReplica.state.quorumSizes.quorum),
        campaigners: new Set<ReplicaId>(),
        claim: null,
        chains: [],
      };
    sharedCampaigns.set(colluders, this.sharedCampaign);
  }

  get quorum(): number {
    return this.faultyReplica.state.quorumSizes.quorum;
  }

  /** Number of honest replicas needed for a quorum besides the colluders. */
  get needed(): number {
    return this.quorum - this.colluders.members.length;
  }

  /** Honest replicas that are up. */
  get honest(): { readonly id: ReplicaId; readonly state: CoreState }[] {
    return this.colluders.honest.flatMap((id) => {
      const state = this.colluders.peek(id);
      return state ? [{ id, state }] : [];
    });
  }

  get genesis(): Certificate {
    return genesisCertificate(this.faultyReplica.state.genesis);
  }

  /** Returns the chain through `head`, if any replica holds it or ever did. */
  chainThrough(head: Head): Chain | null {
    const known = this.sharedCampaign.chains.find((chain) => chain.contains(head));
    if (known) return known.upTo(head.index);
    const { genesis } = this.faultyReplica.state;
    const entries = this.colluders.archive.chain(head, genesis.index);
    return entries && new Chain(genesis, entries);
  }

  remember(chain: Chain): Chain {
    this.sharedCampaign.chains.push(chain);
    if (this.sharedCampaign.chains.length > MOST_CHAINS) this.sharedCampaign.chains.shift();
    return chain;
  }

  /** Returns the certificate of highest rank that the colluders can show, of terms below `below`. */
  highest(below: number): Certificate {
    const { listener } = this.sharedCampaign;
    let best = this.genesis;
    for (const { state } of this.honest) if (ranks(state.prepared, best, below)) best = state.prepared;
    const pile = listener.certifiable.reduce<Certified>((top, each) => ranks(each, top, below) ? each : top, best);
    if (pile === best || this.chainThrough(pile) === null) return best;
    return listener.complete(pile as (typeof listener.certifiable)[number]);
  }

  /** Returns genuine certificates that rank below `top`: the highest, up to `count` drawn from the others, and that of the empty log. */
  lowerThan(top: Certified, count = 1): Certificate[] {
    const { listener } = this.sharedCampaign;
    const lower = listener.certifiable.filter((pile) => compareRank(pile, top) < 0).sort((a, b) => compareRank(b, a));
    const drawn = [...lower.slice(0, 1), ...this.colluders.rng.shuffle(lower.slice(1)).slice(0, count)];
    return [...drawn.map((pile) => listener.complete(pile)), this.genesis];
  }

  /** Returns up to `count` requests that clients signed and `chain` does not hold. */
  freshRequests(chain: Chain, count: number): Signed<Request>[] {
    const fresh: Signed<Request>[] = [];
    for (const request of [...this.sharedCampaign.listener.requests].reverse()) {
      if (fresh.length >= count) break;
      const again = fresh.some((each) => slotIn(each) === slotIn(request));
      if (!again && !chain.has(request)) fresh.push(request);
    }
    return fresh;
  }
}

const ranks = (a: Certified, b: Certified, below: number): boolean => a.term < below && compareRank(a, b) > 0;
