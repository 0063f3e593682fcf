/** Forged campaigns of faulty replicas beside their honest cores: certificates of PreVotes, requests, votes, proofs (§6.3–§6.7). */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Certified, PreVote, RequestVote, Vote } from "../../../../protocol/message.ts";
import { certified, sameCertified } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { Claim, Situation } from "./shadow_situation.ts";

/**
 * Returns the highest term for which the colluders can show PreVotes of a quorum, and in which enough honest replicas could still vote;
 * null if there is none above `after`.
 */
export function openTerm(situation: Situation, after: number): Term | null {
  const terms = [...situation.sharedCampaign.listener.preVotes.values()].map(({ message }) => message.term).sort((
    a,
    b,
  ) => b - a);
  const highest = terms[situation.needed - 1];
  if (highest === undefined || highest <= after) return null;
  const voters = situation.honest.filter(({ state: { hard } }) => hard.currentTerm < highest);
  return voters.length >= situation.needed ? highest : null;
}

/** Returns PreVotes of a quorum for `at` or more: honest ones as they were signed, and the colluders' own. */
export function preVotesFor({ sharedCampaign, colluders, needed }: Situation, at: Term): Signed<PreVote>[] {
  const honest = [...sharedCampaign.listener.preVotes.values()].filter(({ message }) => message.term >= at).slice(
    0,
    needed,
  );
  const own = colluders.members.map((replica) =>
    colluders.sign<PreVote>(replica, { kind: "PreVote", term: at, replica })
  );
  return [...honest, ...own];
}

/** Returns the number of turns before that of `candidate` in `at` (§6.10). */
export const placeOf = ({ faultyReplica: { config } }: Situation, candidate: ReplicaId, at: Term): number => {
  const n = config.replicas.length;
  return ((config.replicas.indexOf(candidate) - at) % n + n) % n;
};

/** Returns the campaigning colluder whose turn comes first in `at`. */
export const firstCampaigner = (situation: Situation, at: Term): ReplicaId =>
  [...situation.sharedCampaign.campaigners].sort((a, b) => placeOf(situation, a, at) - placeOf(situation, b, at))[0]!;

export interface Asking {
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly certificate: Certificate;
  readonly preVotes: readonly Signed<PreVote>[];
  /** The base that the signed request names; the certificate's own point by default. */
  readonly base?: Certified;
}

/** Asks `to` for their votes. */
export function requestVotes(situation: Situation, to: readonly ReplicaId[], asking: Asking): void {
  const { term, candidate, certificate, preVotes, base = certified(certificate) } = asking;
  const signed = situation.colluders.sign<RequestVote>(candidate, { kind: "RequestVote", term, candidate, base });
  situation.colluders.send(candidate, to, { kind: "RequestVote", signed, certificate, preVotes });
}

/** Returns votes of honest replicas for `candidate` in `at`, one each; the newest on `base` if that is given. */
export function honestVotes(
  situation: Situation,
  at: Term,
  candidate: ReplicaId,
  base: Certified | null,
): Signed<Vote>[] {
  const found = new Map<ReplicaId, Signed<Vote>>();
  for (const vote of situation.sharedCampaign.listener.votes) {
    const { message } = vote;
    if (message.term !== at || message.candidate !== candidate) continue;
    if (base === null || sameCertified(message.base, base)) found.set(message.voter, vote);
  }
  return [...found.values()];
}

/** Returns the colluders' own votes for `candidate` on `base`. */
export const colluderVotes = (
  { colluders }: Situation,
  at: Term,
  candidate: ReplicaId,
  base: Certified,
): Signed<Vote>[] =>
  colluders.members.map((voter) =>
    colluders.sign<Vote>(voter, { kind: "Vote", term: at, candidate, voter, granted: true, base: certified(base) })
  );

/** Returns the proof that `claim` has won on one base, if it has; the highest base that enough voted for. */
export function proofOf(situation: Situation, { term: at, candidate, asked }: Claim): ElectionProof | null {
  for (const base of new Set(asked.values())) {
    const votes = honestVotes(situation, at, candidate, base);
    if (votes.length < situation.needed) continue;
    return { base, votes: [...votes, ...colluderVotes(situation, at, candidate, base)].slice(0, situation.quorum) };
  }
  return null;
}

/** Returns the highest term that any honest replica is in. */
export const highestTerm = (situation: Situation): Term =>
  term(Math.max(0, ...situation.honest.map(({ state }) => state.hard.currentTerm)));
