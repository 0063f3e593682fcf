/** Candidates with invalid votes, and candidates that want elections rather than a leader (§6.3–§6.7, §6.10, §12). */
import type { ElectionProof } from "../../../../protocol/certificate.ts";
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { PreVote, Vote } from "../../../../protocol/message.ts";
import { certified } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { GARBAGE_SIGNATURE } from "../../../../replica/byzantine/lies.ts";
import { encodeMessage } from "../../../../transport/codec/mod.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import { colluderVotes, highestTerm, honestVotes, preVotesFor, requestVotes } from "../shadow/shadow_campaign.ts";
import { RogueTerm } from "../shadow/shadow_leadership.ts";
import { Led, serve, twist } from "../shadow/shadow_led.ts";
import type { Claim, Situation } from "../shadow/shadow_situation.ts";
import { BASING_CANDIDATES } from "./basing_candidates.ts";

/** Returns the votes that a claim of leadership shows, if there is anything to make them of. */
type Ballots = (situation: Situation, claim: Claim, honest: readonly Signed<Vote>[]) => readonly Signed<Vote>[];

const own = (situation: Situation, { term: at, candidate }: Claim): Signed<Vote>[] =>
  colluderVotes(situation, at, candidate, certified(situation.highest(at)));

/** Returns a vote with a signature other than its own. */
const withSignature = (message: Vote, signature: Uint8Array): Signed<Vote> => ({
  message,
  body: encodeMessage(message),
  signature,
});

/** Returns the vote an honest `voter` would have signed, had it voted for `claim`. */
const wished = (situation: Situation, { term: at, candidate }: Claim, voter: ReplicaId): Vote => ({
  kind: "Vote",
  term: at,
  candidate,
  voter,
  granted: true,
  base: certified(situation.highest(at)),
});

const BALLOTS: readonly Ballots[] = [
  /** None. */
  () => [],
  /** Too few. */
  (situation, claim, honest) => [...own(situation, claim), ...honest].slice(0, situation.quorum - 1),
  /** Repeated. */
  (situation, claim, honest) => {
    const few = [...own(situation, claim), ...honest.slice(0, situation.needed - 1)];
    return Array.from({ length: situation.quorum }, (_, i) => few[i % few.length]!);
  },
  /** Forged. */
  (situation, claim) =>
    [
      ...own(situation, claim),
      ...situation.colluders.honest.map((voter) => withSignature(wished(situation, claim, voter), GARBAGE_SIGNATURE)),
    ].slice(0, situation.quorum),
  /** Stale: of earlier terms, and for any candidate. */
  (situation, claim) => {
    const stale = new Map<ReplicaId, Signed<Vote>>();
    for (const vote of situation.sharedCampaign.listener.votes) {
      if (vote.message.term < claim.term) stale.set(vote.message.voter, vote);
    }
    return [...own(situation, claim), ...stale.values()].slice(0, situation.quorum);
  },
];

/** Claims the term with votes that do not add up; if it is really elected, it serves. */
const falseVotes = campaigner((situation) => {
  const led = new Led(situation);
  let turns = 0;
  return {
    lead: (rogueTerm) => serve(situation, rogueTerm, led),
    always() {
      const { claim } = situation.sharedCampaign;
      if (claim?.candidate !== situation.self) return;
      const turn = turns++;
      const honest = honestVotes(situation, claim.term, claim.candidate, null);
      claimWith(situation, claim, BALLOTS[turn % BALLOTS.length]!(situation, claim, honest));
    },
  };
});

/** Shows every replica still to be won an AppendEntries under a proof of `votes`. */
function claimWith(situation: Situation, claim: Claim, votes: ElectionProof["votes"]): void {
  const base = situation.highest(claim.term);
  const open = situation.honest.filter(({ state: { hard, view: view } }) =>
    hard.currentTerm < claim.term || (hard.currentTerm === claim.term && view.leader === null)
  );
  const chain = situation.chainThrough(base);
  if (open.length === 0 || chain === null) return;
  const pretended = new RogueTerm(situation, claim.candidate, claim.term, { base, votes });
  pretended.show(open.map(({ id }) => id), twist(situation, chain, claim.term));
}

/** Requests votes with so low a base that it is refused, and counts any answer as a vote: refusals, and deferrals. */
const countsRefusals = campaigner((situation) => {
  const led = new Led(situation);
  return {
    ask: (at, _voter, top) => at % 3 === 2 ? top : situation.lowerThan(top).at(-1)!,
    lead: (rogueTerm) => serve(situation, rogueTerm, led),
    always() {
      const { claim, listener } = situation.sharedCampaign;
      if (claim?.candidate !== situation.self) return;
      const refusals = listener.refusals.filter(({ message }) => message.term === claim.term);
      const renamed = refusals.map(({ message: { voter }, signature }) =>
        withSignature(wished(situation, claim, voter), signature)
      );
      const granted = honestVotes(situation, claim.term, claim.candidate, null);
      if (renamed.length > 0) {
        claimWith(situation, claim, [...own(situation, claim), ...granted, ...renamed].slice(0, situation.quorum));
      }
    },
  };
});

const LAST_TERM = term(LIMITS.maxInteger);

/** Campaigns for the last possible term: in PreVotes, requests, and claims. */
const lastTerm = campaigner((situation) => {
  let turns = 0;
  return {
    always() {
      const turn = turns++;
      if (turn % 2 > 0) return;
      preVote(situation, turn % 8 === 0 ? LAST_TERM : term(LIMITS.maxInteger - turn));
      const { claim } = situation.sharedCampaign;
      const at = highestTerm(situation);
      const asked: Claim = { term: LAST_TERM, candidate: situation.self, asked: new Map() };
      const certificate = situation.highest(at + 1);
      const preVotes = preVotesFor(situation, LAST_TERM);
      const any = [...preVotes, ...situation.sharedCampaign.listener.preVotes.values()].slice(0, situation.quorum);
      requestVotes(situation, situation.colluders.honest, {
        ...{ term: LAST_TERM, candidate: situation.self, certificate },
        preVotes: turn % 4 === 0 ? preVotes : any,
      });
      if (claim !== null && turn % 8 === 4) claimWith(situation, asked, own(situation, asked));
    },
  };
});

function preVote({ colluders, self }: Situation, at: Term): void {
  const signed = colluders.sign<PreVote>(self, { kind: "PreVote", term: at, replica: self });
  colluders.send(self, colluders.honest, { kind: "PreVote", signed, proof: null });
}

/** Stands in every election, drives terms up as far as it can, and never leads. */
const endlessElections = campaigner((situation) => {
  let turns = 0;
  return {
    lead() {},
    always() {
      if (turns++ % 3 === 0) {
        preVote(situation, term(highestTerm(situation) + 1 + situation.colluders.rng.pick([1, 1, 2, 1000])));
      }
    },
  };
});

/**
 * Comes first in every election, whether or not it is its turn; then keeps its followers quiet as long as it can, or lets them find out.
 */
const alwaysFirst = campaigner((situation) => ({
  lead(rogueTerm) {
    if (rogueTerm.term % 3 === 1) return;
    const every = Math.max(
      1,
      Math.floor(0.4 * situation.faultyReplica.config.constants.electionTimeoutMs / heartbeatOf(situation)),
    );
    if (rogueTerm.beats % every === 0) rogueTerm.heartbeat(situation.colluders.honest);
  },
}));

const heartbeatOf = ({ faultyReplica }: Situation): number => faultyReplica.config.constants.heartbeatMs;

export const CANDIDATES: Readonly<Record<string, Actor>> = {
  ...BASING_CANDIDATES,
  "false-votes": falseVotes,
  "counts-refusals": countsRefusals,
  "last-term": lastTerm,
  "endless-elections": endlessElections,
  "always-first": alwaysFirst,
};
