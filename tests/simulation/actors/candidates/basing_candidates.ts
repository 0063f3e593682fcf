/** Candidates whose base is not what it should be (§6.5–§6.7, §12 "Candidate"). */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import { type LogIndex, logIndex, offset, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified } from "../../../../protocol/message.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { wrongHash } from "../../../../replica/byzantine/lies.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import { colluderVotes, honestVotes, preVotesFor, proofOf, requestVotes } from "../shadow/shadow_campaign.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { Led, serve, twist } from "../shadow/shadow_led.ts";
import type { Claim, Situation } from "../shadow/shadow_situation.ts";
import { askForAnother, lowerOf } from "./second_votes.ts";

/** Leads from a base below what others hold, with entries other than theirs after it, sent to all. */
class Usurper {
  #of: RogueTerm | null = null;
  #chain: Chain | null = null;

  lead(situation: Situation, rogueTerm: RogueTerm): void {
    if (this.#of !== rogueTerm || this.#chain === null) {
      const base = situation.chainThrough(rogueTerm.base) ?? situation.chainThrough(situation.genesis)!;
      this.#of = rogueTerm;
      this.#chain = situation.remember(twist(situation, base, rogueTerm.term));
    }
    rogueTerm.show(situation.colluders.honest, this.#chain);
    rogueTerm.vouch(situation.colluders.honest, this.#chain, true);
  }
}

/** Returns a function that draws one certificate per term, when it is first needed. */
function onceATerm(draw: (at: Term, top: Certificate) => Certificate): (at: Term, top: Certificate) => Certificate {
  const drawn = new Map<Term, Certificate>();
  return (at, top) => {
    const certificate = drawn.get(at) ?? draw(at, top);
    drawn.set(at, certificate);
    return certificate;
  };
}

/** Returns a genuine certificate below the highest, of this or an earlier time; the empty log's at worst. */
function lower(situation: Situation, top: Certified): Certificate {
  return situation.colluders.rng.pick(situation.lowerThan(top));
}

/** Campaigns with an old certificate, and leads from it if that wins. Sometimes uses the highest, so that something happens. */
const lowBase = campaigner((situation) => {
  const usurper = new Usurper();
  const led = new Led(situation);
  const low = onceATerm((_, top) => lower(situation, top));
  return {
    ask: (at, _voter, top) => at % 4 === 3 ? top : low(at, top),
    lead: (rogueTerm) =>
      rogueTerm.term % 4 === 3 ? serve(situation, rogueTerm, led) : usurper.lead(situation, rogueTerm),
  };
});

/**
 * Asks each voter with a base as high as it demands, and leads from the lowest; its own votes are for that one. If all demand the
 * same base, it mixes theirs with its own.
 */
const mixedBase = campaigner((situation) => {
  const usurper = new Usurper();
  return {
    ask: (at, voter, top) => {
      const demanded = situation.colluders.peek(voter)?.prepared ?? top;
      return demanded.term < at ? demanded : null;
    },
    elect: (claim) => mixedProof(situation, claim),
    lead: (rogueTerm) => usurper.lead(situation, rogueTerm),
  };
});

function mixedProof(situation: Situation, claim: Claim): ElectionProof | null {
  const { term: at, candidate, asked } = claim;
  const votes = honestVotes(situation, at, candidate, null);
  if (votes.length < situation.needed) return null;
  const bases = [...asked.values()].sort(compareRank);
  const [all] = bases;
  const same = bases.every((base) => compareRank(base, all!) === 0);
  const base = same ? lower(situation, all!) : all!;
  const sorted = votes.sort((a, b) => compareRank(a.message.base, b.message.base));
  return { base, votes: [...colluderVotes(situation, at, candidate, base), ...sorted].slice(0, situation.quorum) };
}

/** Elected on one base, shows a lower one; and requests votes with a certificate other than the one its request names. */
const baseSwapper = campaigner((situation) => {
  const usurper = new Usurper();
  let turns = 0;
  return {
    elect(claim) {
      const proof = proofOf(situation, claim);
      return proof && { ...proof, base: lower(situation, proof.base) };
    },
    lead: (rogueTerm) => usurper.lead(situation, rogueTerm),
    always() {
      const { claim } = situation.sharedCampaign;
      if (claim?.candidate !== situation.self || turns++ % 2 > 0) return;
      const named = certified(situation.highest(claim.term));
      const asking = { term: claim.term, candidate: situation.self, certificate: lower(situation, named), base: named };
      const open = situation.honest.filter(({ state }) => state.hard.currentTerm <= claim.term).map(({ id }) => id);
      if (open.length > 0) requestVotes(situation, open, { ...asking, preVotes: preVotesFor(situation, claim.term) });
    },
  };
});

/** Heartbeats for which it waits for second votes before it takes what it has. */
const PATIENCE = 5;

/** Asks replicas that have voted for it for another vote of the same term, on a lower base. */
const asksTwice = campaigner((situation) => {
  const usurper = new Usurper();
  const led = new Led(situation);
  const waited = new Map<Term, number>();
  return {
    elect(claim) {
      const low = lowerVoted(situation, claim);
      if (low) return low;
      return (waited.get(claim.term) ?? 0) > PATIENCE ? proofOf(situation, claim) : null;
    },
    lead(rogueTerm) {
      const voted = honestVotes(situation, rogueTerm.term, rogueTerm.leader, rogueTerm.base).length;
      if (voted < situation.needed) return usurper.lead(situation, rogueTerm);
      serve(situation, rogueTerm, led);
    },
    always() {
      const { claim } = situation.sharedCampaign;
      if (claim?.candidate !== situation.self) return;
      const voters = honestVotes(situation, claim.term, situation.self, null).map(({ message }) => message.voter);
      if (voters.length > 0) waited.set(claim.term, (waited.get(claim.term) ?? 0) + 1);
      if ((waited.get(claim.term) ?? 0) <= 2 * PATIENCE) askForAnother(situation, claim, voters);
    },
  };
});

/** Returns a proof on a base with which no replica was asked at first. */
function lowerVoted(situation: Situation, claim: Claim): ElectionProof | null {
  const { term: at, candidate } = claim;
  const base = lowerOf(situation, claim);
  const votes = base === null ? [] : honestVotes(situation, at, candidate, base);
  if (base === null || votes.length < situation.needed) return null;
  return { base, votes: [...votes, ...colluderVotes(situation, at, candidate, base)].slice(0, situation.quorum) };
}

type Fabrication = (situation: Situation, at: Term, top: Certificate) => Certificate;
type Response = Signed<AppendEntriesResponse>;

const prepare = (point: Certified, responses: readonly Response[]): Certificate => ({
  kind: "prepare",
  ...point,
  responses,
});

/** Returns acks of a point that the colluders alone sign. */
const colluderAcks = ({ colluders }: Situation, { term: at, index, hash }: Certified, top: Certificate): Response[] =>
  colluders.members.map((replica) =>
    colluders.sign<AppendEntriesResponse>(replica, {
      kind: "AppendEntriesResponse",
      term: at,
      replica,
      acks: [{ index, hash }],
      prepared: { term: at, index, hash },
      commitIndex: index,
      commitHash: hash,
      round: top.responses[0]?.message.round ?? (1 as AppendEntriesResponse["round"]),
    })
  );

/** Returns an earlier point of the chain as one of the last term: it would let a leader drop everything above it. */
function earlierPoint(situation: Situation, at: Term, top: Certificate): Certified {
  const index = logIndex(Math.max(1, top.index - situation.colluders.rng.int(1, 3)));
  const chain = situation.chainThrough(top);
  const known = chain !== null && index <= chain.length;
  return {
    term: term(at - 1),
    index,
    hash: known ? chain.headAt(index).hash : wrongHash(situation.faultyReplica, index),
  };
}

const FABRICATIONS: readonly Fabrication[] = [
  /** Genuine responses under a point that no replica acked. */
  (situation, at, top) => prepare(earlierPoint(situation, at, top), top.responses),
  /** A point far above all, with those responses. */
  ({ faultyReplica }, at, top) => {
    const index: LogIndex = offset(top.index, 1000);
    return prepare({ term: term(at - 1), index, hash: wrongHash(faultyReplica, index) }, top.responses);
  },
  /** The colluders' own acks, over and over. */
  (situation, at, top) => {
    const point = earlierPoint(situation, at, top);
    const own = colluderAcks(situation, point, top);
    return prepare(point, Array.from({ length: situation.quorum }, (_, i) => own[i % own.length]!));
  },
  /** The colluders' own acks, and honest ones of the same point in other terms, or of other points. */
  (situation, at, top) => {
    const point = earlierPoint(situation, at, top);
    const { listener } = situation.sharedCampaign;
    const honest = new Map<ReplicaId, Response>();
    for (const pile of [...listener.certifiable].reverse()) {
      const fits = pile.index === point.index && pile.hash === point.hash;
      for (const [id, each] of pile.responses) if (fits || !honest.has(id)) honest.set(id, each);
    }
    return prepare(point, [...colluderAcks(situation, point, top), ...honest.values()].slice(0, situation.quorum));
  },
  /** Too few acks. */
  (situation, at, top) => {
    const point = earlierPoint(situation, at, top);
    return prepare(point, colluderAcks(situation, point, top));
  },
  /** Acks presented as reports, and an old certificate presented as one of a later term. */
  (_, at, top) => ({ kind: "commit", ...certified(top), term: term(at - 1), links: [], responses: top.responses }),
];

/** Uses a base whose certificate is invalid. Sometimes a genuine one. */
const falseBase = campaigner((situation) => {
  const usurper = new Usurper();
  const led = new Led(situation);
  const made = onceATerm((at, top) =>
    top.term === 0 ? top : situation.colluders.rng.pick(FABRICATIONS)(situation, at, top)
  );
  return {
    ask: (at, _voter, top) => at % 3 === 2 ? top : made(at, top),
    lead: (rogueTerm) =>
      rogueTerm.term % 3 === 2 ? serve(situation, rogueTerm, led) : usurper.lead(situation, rogueTerm),
  };
});

export const BASING_CANDIDATES: Readonly<Record<string, Actor>> = {
  "low-base": lowBase,
  "mixed-base": mixedBase,
  "base-swapper": baseSwapper,
  "asks-twice": asksTwice,
  "false-base": falseBase,
};
