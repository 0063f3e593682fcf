/** Candidates with invalid votes, and candidates that want elections rather than a leader (§6.3–§6.7, §6.10, §12). */
import { GARBAGE_SIGNATURE } from "../../../../replica/byzantine/lies.ts";
import type { ElectionProof } from "../../../../protocol/certificate.ts";
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { PreVote, Vote } from "../../../../protocol/message.ts";
import { certified } from "../../../../protocol/rank.ts";
import { encodeMessage } from "../../../../transport/codec/mod.ts";
import type { Actor } from "../actor.ts";
import { BASING_CANDIDATES } from "./basing_candidates.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import { covenVotes, highestTerm, honestVotes, preVotesFor, requestVotes } from "../shadow/shadow_campaign.ts";
import { Led, serve, twist } from "../shadow/shadow_led.ts";
import { Reign } from "../shadow/shadow_leadership.ts";
import type { Claim, Scene } from "../shadow/shadow_situation.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/** Returns the votes that a claim of leadership shows, if there is anything to make them of. */
type Ballots = (scene: Scene, claim: Claim, honest: readonly Signed<Vote>[]) => readonly Signed<Vote>[];

const own = (scene: Scene, { term: at, candidate }: Claim): Signed<Vote>[] =>
  covenVotes(scene, at, candidate, certified(scene.highest(at)));

/** Returns a vote with a signature other than its own. */
const withSignature = (message: Vote, signature: Uint8Array): Signed<Vote> => ({
  message,
  body: encodeMessage(message),
  signature,
});

/** Returns the vote an honest `voter` would have signed, had it voted for `claim`. */
const wished = (scene: Scene, { term: at, candidate }: Claim, voter: ReplicaId): Vote => ({
  kind: "Vote",
  term: at,
  candidate,
  voter,
  granted: true,
  base: certified(scene.highest(at)),
});

const BALLOTS: readonly Ballots[] = [
  /** None. */
  () => [],
  /** Too few. */
  (scene, claim, honest) => [...own(scene, claim), ...honest].slice(0, scene.quorum - 1),
  /** Repeated. */
  (scene, claim, honest) => {
    const few = [...own(scene, claim), ...honest.slice(0, scene.needed - 1)];
    return Array.from({ length: scene.quorum }, (_, i) => few[i % few.length]!);
  },
  /** Forged. */
  (scene, claim) =>
    [
      ...own(scene, claim),
      ...scene.coven.honest.map((voter) => withSignature(wished(scene, claim, voter), GARBAGE_SIGNATURE)),
    ].slice(0, scene.quorum),
  /** Stale: of earlier terms, and for any candidate. */
  (scene, claim) => {
    const stale = new Map<ReplicaId, Signed<Vote>>();
    for (const vote of scene.throne.ear.votes) {
      if (vote.message.term < claim.term) stale.set(vote.message.voter, vote);
    }
    return [...own(scene, claim), ...stale.values()].slice(0, scene.quorum);
  },
];

/** Claims the term with votes that do not add up; if it is really elected, it serves. */
const falseVotes = pretender((scene) => {
  const led = new Led(scene);
  let turns = 0;
  return {
    lead: (reign) => serve(scene, reign, led),
    always() {
      const { claim } = scene.throne;
      if (claim?.candidate !== scene.self) return;
      const turn = turns++;
      const honest = honestVotes(scene, claim.term, claim.candidate, null);
      claimWith(scene, claim, BALLOTS[turn % BALLOTS.length]!(scene, claim, honest));
    },
  };
});

/** Shows every replica still to be won an AppendEntries under a proof of `votes`. */
function claimWith(scene: Scene, claim: Claim, votes: ElectionProof["votes"]): void {
  const base = scene.highest(claim.term);
  const open = scene.honest.filter(({ state: { hard, view: view } }) =>
    hard.currentTerm < claim.term || (hard.currentTerm === claim.term && view.leader === null)
  );
  const chain = scene.chainThrough(base);
  if (open.length === 0 || chain === null) return;
  const pretended = new Reign(scene, claim.candidate, claim.term, { base, votes });
  pretended.show(open.map(({ id }) => id), twist(scene, chain, claim.term));
}

/** Requests votes with so low a base that it is refused, and counts any answer as a vote: refusals, and deferrals. */
const countsRefusals = pretender((scene) => {
  const led = new Led(scene);
  return {
    ask: (at, _voter, top) => at % 3 === 2 ? top : scene.lowerThan(top).at(-1)!,
    lead: (reign) => serve(scene, reign, led),
    always() {
      const { claim, ear } = scene.throne;
      if (claim?.candidate !== scene.self) return;
      const refusals = ear.refusals.filter(({ message }) => message.term === claim.term);
      const renamed = refusals.map(({ message: { voter }, signature }) =>
        withSignature(wished(scene, claim, voter), signature)
      );
      const granted = honestVotes(scene, claim.term, claim.candidate, null);
      if (renamed.length > 0) {
        claimWith(scene, claim, [...own(scene, claim), ...granted, ...renamed].slice(0, scene.quorum));
      }
    },
  };
});

const LAST_TERM = term(LIMITS.maxInteger);

/** Campaigns for the last possible term: in PreVotes, requests, and claims. */
const lastTerm = pretender((scene) => {
  let turns = 0;
  return {
    always() {
      const turn = turns++;
      if (turn % 2 > 0) return;
      preVote(scene, turn % 8 === 0 ? LAST_TERM : term(LIMITS.maxInteger - turn));
      const { claim } = scene.throne;
      const at = highestTerm(scene);
      const asked: Claim = { term: LAST_TERM, candidate: scene.self, asked: new Map() };
      const certificate = scene.highest(at + 1);
      const preVotes = preVotesFor(scene, LAST_TERM);
      const any = [...preVotes, ...scene.throne.ear.preVotes.values()].slice(0, scene.quorum);
      requestVotes(scene, scene.coven.honest, {
        ...{ term: LAST_TERM, candidate: scene.self, certificate },
        preVotes: turn % 4 === 0 ? preVotes : any,
      });
      if (claim !== null && turn % 8 === 4) claimWith(scene, asked, own(scene, asked));
    },
  };
});

function preVote({ coven, self }: Scene, at: Term): void {
  const signed = coven.sign<PreVote>(self, { kind: "PreVote", term: at, replica: self });
  coven.send(self, coven.honest, { kind: "PreVote", signed, proof: null });
}

/** Stands in every election, drives terms up as far as it can, and never leads. */
const endlessElections = pretender((scene) => {
  let turns = 0;
  return {
    lead() {},
    always() {
      if (turns++ % 3 === 0) preVote(scene, term(highestTerm(scene) + 1 + scene.coven.rng.pick([1, 1, 2, 1000])));
    },
  };
});

/**
 * Comes first in every election, whether or not it is its turn; then keeps its followers quiet as long as it can, or lets them find out.
 */
const alwaysFirst = pretender((scene) => ({
  lead(reign) {
    if (reign.term % 3 === 1) return;
    const every = Math.max(1, Math.floor(0.4 * scene.puppet.config.constants.electionTimeoutMs / heartbeatOf(scene)));
    if (reign.beats % every === 0) reign.heartbeat(scene.coven.honest);
  },
}));

const heartbeatOf = ({ puppet }: Scene): number => puppet.config.constants.heartbeatMs;

export const CANDIDATES: Readonly<Record<string, Actor>> = {
  ...BASING_CANDIDATES,
  "false-votes": falseVotes,
  "counts-refusals": countsRefusals,
  "last-term": lastTerm,
  "endless-elections": endlessElections,
  "always-first": alwaysFirst,
};
