/** Candidates whose base is not what it should be (§6.5–§6.7, §12 "Candidate"). */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import { type LogIndex, logIndex, offset, type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified } from "../../../../protocol/message.ts";
import { wrongHash } from "../../../../replica/byzantine/lies.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import type { Actor } from "../actor.ts";
import { askForAnother, lowerOf } from "./second_votes.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import { covenVotes, honestVotes, preVotesFor, proofOf, requestVotes } from "../shadow/shadow_campaign.ts";
import type { Chain } from "../shadow/shadow_chains.ts";
import { Led, serve, twist } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Claim, Scene } from "../shadow/shadow_situation.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Leads from a base below what others hold, with entries other than theirs after it, sent to all. */
class Usurper {
  #of: Reign | null = null;
  #chain: Chain | null = null;

  lead(scene: Scene, reign: Reign): void {
    if (this.#of !== reign || this.#chain === null) {
      const base = scene.chainThrough(reign.base) ?? scene.chainThrough(scene.genesis)!;
      this.#of = reign;
      this.#chain = scene.remember(twist(scene, base, reign.term));
    }
    reign.show(scene.coven.honest, this.#chain);
    reign.vouch(scene.coven.honest, this.#chain, true);
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
function lower(scene: Scene, top: Certified): Certificate {
  return scene.coven.rng.pick(scene.lowerThan(top));
}

/** Campaigns with an old certificate, and leads from it if that wins. Sometimes uses the highest, so that something happens. */
const lowBase = pretender((scene) => {
  const usurper = new Usurper();
  const led = new Led(scene);
  const low = onceATerm((_, top) => lower(scene, top));
  return {
    ask: (at, _voter, top) => at % 4 === 3 ? top : low(at, top),
    lead: (reign) => reign.term % 4 === 3 ? serve(scene, reign, led) : usurper.lead(scene, reign),
  };
});

/**
 * Asks each voter with a base as high as it demands, and leads from the lowest; its own votes are for that one. If all demand the
 * same base, it mixes theirs with its own.
 */
const mixedBase = pretender((scene) => {
  const usurper = new Usurper();
  return {
    ask: (at, voter, top) => {
      const demanded = scene.coven.peek(voter)?.prepared ?? top;
      return demanded.term < at ? demanded : null;
    },
    elect: (claim) => mixedProof(scene, claim),
    lead: (reign) => usurper.lead(scene, reign),
  };
});

function mixedProof(scene: Scene, claim: Claim): ElectionProof | null {
  const { term: at, candidate, asked } = claim;
  const votes = honestVotes(scene, at, candidate, null);
  if (votes.length < scene.needed) return null;
  const bases = [...asked.values()].sort(compareRank);
  const [all] = bases;
  const same = bases.every((base) => compareRank(base, all!) === 0);
  const base = same ? lower(scene, all!) : all!;
  const sorted = votes.sort((a, b) => compareRank(a.message.base, b.message.base));
  return { base, votes: [...covenVotes(scene, at, candidate, base), ...sorted].slice(0, scene.quorum) };
}

/** Elected on one base, shows a lower one; and requests votes with a certificate other than the one its request names. */
const baseSwapper = pretender((scene) => {
  const usurper = new Usurper();
  let turns = 0;
  return {
    elect(claim) {
      const proof = proofOf(scene, claim);
      return proof && { ...proof, base: lower(scene, proof.base) };
    },
    lead: (reign) => usurper.lead(scene, reign),
    always() {
      const { claim } = scene.throne;
      if (claim?.candidate !== scene.self || turns++ % 2 > 0) return;
      const named = certified(scene.highest(claim.term));
      const asking = { term: claim.term, candidate: scene.self, certificate: lower(scene, named), base: named };
      const open = scene.honest.filter(({ state }) => state.hard.currentTerm <= claim.term).map(({ id }) => id);
      if (open.length > 0) requestVotes(scene, open, { ...asking, preVotes: preVotesFor(scene, claim.term) });
    },
  };
});

/** Heartbeats for which it waits for second votes before it takes what it has. */
const PATIENCE = 5;

/** Asks replicas that have voted for it for another vote of the same term, on a lower base. */
const asksTwice = pretender((scene) => {
  const usurper = new Usurper();
  const led = new Led(scene);
  const waited = new Map<Term, number>();
  return {
    elect(claim) {
      const low = lowerVoted(scene, claim);
      if (low) return low;
      return (waited.get(claim.term) ?? 0) > PATIENCE ? proofOf(scene, claim) : null;
    },
    lead(reign) {
      const voted = honestVotes(scene, reign.term, reign.leader, reign.base).length;
      if (voted < scene.needed) return usurper.lead(scene, reign);
      serve(scene, reign, led);
    },
    always() {
      const { claim } = scene.throne;
      if (claim?.candidate !== scene.self) return;
      const voters = honestVotes(scene, claim.term, scene.self, null).map(({ message }) => message.voter);
      if (voters.length > 0) waited.set(claim.term, (waited.get(claim.term) ?? 0) + 1);
      if ((waited.get(claim.term) ?? 0) <= 2 * PATIENCE) askForAnother(scene, claim, voters);
    },
  };
});

/** Returns a proof on a base with which no replica was asked at first. */
function lowerVoted(scene: Scene, claim: Claim): ElectionProof | null {
  const { term: at, candidate } = claim;
  const base = lowerOf(scene, claim);
  const votes = base === null ? [] : honestVotes(scene, at, candidate, base);
  if (base === null || votes.length < scene.needed) return null;
  return { base, votes: [...votes, ...covenVotes(scene, at, candidate, base)].slice(0, scene.quorum) };
}

type Fabrication = (scene: Scene, at: Term, top: Certificate) => Certificate;
type Response = Signed<AppendEntriesResponse>;

const prepare = (point: Certified, responses: readonly Response[]): Certificate => ({
  kind: "prepare",
  ...point,
  responses,
});

/** Returns acks of a point that the colluders alone sign. */
const covenAcks = ({ coven }: Scene, { term: at, index, hash }: Certified, top: Certificate): Response[] =>
  coven.members.map((replica) =>
    coven.sign<AppendEntriesResponse>(replica, {
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
function earlierPoint(scene: Scene, at: Term, top: Certificate): Certified {
  const index = logIndex(Math.max(1, top.index - scene.coven.rng.int(1, 3)));
  const chain = scene.chainThrough(top);
  const known = chain !== null && index <= chain.entries.length;
  return { term: term(at - 1), index, hash: known ? chain.headAt(index).hash : wrongHash(scene.puppet, index) };
}

const FABRICATIONS: readonly Fabrication[] = [
  /** Genuine responses under a point that no replica acked. */
  (scene, at, top) => prepare(earlierPoint(scene, at, top), top.responses),
  /** A point far above all, with those responses. */
  ({ puppet }, at, top) => {
    const index: LogIndex = offset(top.index, 1000);
    return prepare({ term: term(at - 1), index, hash: wrongHash(puppet, index) }, top.responses);
  },
  /** The colluders' own acks, over and over. */
  (scene, at, top) => {
    const point = earlierPoint(scene, at, top);
    const own = covenAcks(scene, point, top);
    return prepare(point, Array.from({ length: scene.quorum }, (_, i) => own[i % own.length]!));
  },
  /** The colluders' own acks, and honest ones of the same point in other terms, or of other points. */
  (scene, at, top) => {
    const point = earlierPoint(scene, at, top);
    const { ear } = scene.throne;
    const honest = new Map<ReplicaId, Response>();
    for (const pile of [...ear.certifiable].reverse()) {
      const fits = pile.index === point.index && pile.hash === point.hash;
      for (const [id, each] of pile.responses) if (fits || !honest.has(id)) honest.set(id, each);
    }
    return prepare(point, [...covenAcks(scene, point, top), ...honest.values()].slice(0, scene.quorum));
  },
  /** Too few acks. */
  (scene, at, top) => {
    const point = earlierPoint(scene, at, top);
    return prepare(point, covenAcks(scene, point, top));
  },
  /** Acks presented as reports, and an old certificate presented as one of a later term. */
  (_, at, top) => ({ kind: "commit", ...certified(top), term: term(at - 1), links: [], responses: top.responses }),
];

/** Uses a base whose certificate is invalid. Sometimes a genuine one. */
const falseBase = pretender((scene) => {
  const usurper = new Usurper();
  const led = new Led(scene);
  const made = onceATerm((at, top) => top.term === 0 ? top : scene.coven.rng.pick(FABRICATIONS)(scene, at, top));
  return {
    ask: (at, _voter, top) => at % 3 === 2 ? top : made(at, top),
    lead: (reign) => reign.term % 3 === 2 ? serve(scene, reign, led) : usurper.lead(scene, reign),
  };
});

export const BASING_CANDIDATES: Readonly<Record<string, Actor>> = {
  "low-base": lowBase,
  "mixed-base": mixedBase,
  "base-swapper": baseSwapper,
  "asks-twice": asksTwice,
  "false-base": falseBase,
};
