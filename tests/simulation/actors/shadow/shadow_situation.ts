/** What the actors that lead and campaign by themselves know of their situation, together. */
import { slotIn } from "../support/slots.ts";
import type { Certificate } from "../../../../protocol/certificate.ts";
import { genesisCertificate } from "../../../../replica/core/create_state.ts";
import type { Head } from "../../../../protocol/entry.ts";
import { logIndex, type ReplicaId, type Term } from "../../../../protocol/ids.ts";
import type { Certified, Request } from "../../../../protocol/message.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Coven, Puppet } from "../actor.ts";
import { Chain } from "./shadow_chains.ts";
import { Ear } from "./shadow_listener.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Chains that are remembered because nobody else may hold them. */
const MOST_CHAINS = 12;

/** A candidacy and what each voter is asked with. */
export interface Claim {
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly asked: Map<ReplicaId, Certificate>;
}

/** What all pretenders of a coven share. */
export interface Throne {
  readonly ear: Ear;
  /** Members that campaign by themselves. */
  readonly pretenders: Set<ReplicaId>;
  /** The newest candidacy of any of them. */
  claim: Claim | null;
  /** Chains they led with. */
  readonly chains: Chain[];
}

const thrones = new WeakMap<Coven, Throne>();

export class Scene {
  readonly puppet: Puppet;
  readonly coven: Coven;
  readonly self: ReplicaId;
  readonly throne: Throne;

  constructor(puppet: Puppet) {
    const { coven } = puppet;
    this.puppet = puppet;
    this.coven = coven;
    this.self = puppet.config.self;
    this.throne = thrones.get(coven) ??
      {
        ear: new Ear(coven, puppet.state.quorumSizes.quorum),
        pretenders: new Set<ReplicaId>(),
        claim: null,
        chains: [],
      };
    thrones.set(coven, this.throne);
  }

  get quorum(): number {
    return this.puppet.state.quorumSizes.quorum;
  }

  /** Honest replicas that have to join in for a quorum. */
  get needed(): number {
    return this.quorum - this.coven.members.length;
  }

  /** Honest replicas that are up. */
  get honest(): { readonly id: ReplicaId; readonly state: CoreState }[] {
    return this.coven.honest.flatMap((id) => {
      const state = this.coven.peek(id);
      return state ? [{ id, state }] : [];
    });
  }

  get genesis(): Certificate {
    return genesisCertificate(this.puppet.state.genesis);
  }

  /** The chain through `head`, if anybody holds it or ever did. */
  chainThrough(head: Head): Chain | null {
    const known = this.throne.chains.find((chain) => chain.contains(head));
    if (known) return known.upTo(head.index);
    const entries = this.coven.archive.chain(head, logIndex(0));
    return entries && new Chain(this.puppet.state.genesis, entries);
  }

  remember(chain: Chain): Chain {
    this.throne.chains.push(chain);
    if (this.throne.chains.length > MOST_CHAINS) this.throne.chains.shift();
    return chain;
  }

  /** The certificate of highest rank that the coven can show, of terms below `below`. */
  highest(below: number): Certificate {
    const { ear } = this.throne;
    let best = this.genesis;
    for (const { state } of this.honest) if (ranks(state.prepared, best, below)) best = state.prepared;
    const pile = ear.certifiable.reduce<Certified>((top, each) => ranks(each, top, below) ? each : top, best);
    if (pile === best || this.chainThrough(pile) === null) return best;
    return ear.complete(pile as (typeof ear.certifiable)[number]);
  }

  /** Genuine certificates that rank below `top`: the highest, up to `count` drawn from the others, and that of the empty log. */
  lowerThan(top: Certified, count = 1): Certificate[] {
    const { ear } = this.throne;
    const lower = ear.certifiable.filter((pile) => compareRank(pile, top) < 0).sort((a, b) => compareRank(b, a));
    const drawn = [...lower.slice(0, 1), ...this.coven.rng.shuffle(lower.slice(1)).slice(0, count)];
    return [...drawn.map((pile) => ear.complete(pile)), this.genesis];
  }

  /** Up to `count` requests that clients signed and `chain` does not hold. */
  freshRequests(chain: Chain, count: number): Signed<Request>[] {
    const fresh: Signed<Request>[] = [];
    for (const request of [...this.throne.ear.requests].reverse()) {
      if (fresh.length >= count) break;
      const again = fresh.some((each) => slotIn(each) === slotIn(request));
      if (!again && !chain.has(request)) fresh.push(request);
    }
    return fresh;
  }
}

const ranks = (a: Certified, b: Certified, below: number): boolean => a.term < below && compareRank(a, b) > 0;
