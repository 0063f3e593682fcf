/** Forged campaigns of faulty replicas beside their honest cores: certificates of PreVotes, requests, votes, proofs (§6.3–§6.7). */
import type { Certificate, ElectionProof } from "../../../../protocol/certificate.ts";
import { type ReplicaId, type Term, term } from "../../../../protocol/ids.ts";
import type { Certified, PreVote, RequestVote, Vote } from "../../../../protocol/message.ts";
import { certified, sameCertified } from "../../../../protocol/rank.ts";
import type { Claim, Scene } from "./shadow_situation.ts";
import type { Signed } from "../../../../protocol/signed.ts";

/**
 * Returns the highest term for which the colluders can show PreVotes of a quorum, and in which enough honest replicas could still vote;
 * null if there is none above `after`.
 */
export function openTerm(scene: Scene, after: number): Term | null {
  const terms = [...scene.throne.ear.preVotes.values()].map(({ message }) => message.term).sort((a, b) => b - a);
  const highest = terms[scene.needed - 1];
  if (highest === undefined || highest <= after) return null;
  const voters = scene.honest.filter(({ state: { hard } }) => hard.currentTerm < highest);
  return voters.length >= scene.needed ? highest : null;
}

/** Returns PreVotes of a quorum for `at` or more: honest ones as they were signed, and the colluders' own. */
export function preVotesFor({ throne, coven, needed }: Scene, at: Term): Signed<PreVote>[] {
  const honest = [...throne.ear.preVotes.values()].filter(({ message }) => message.term >= at).slice(0, needed);
  const own = coven.members.map((replica) => coven.sign<PreVote>(replica, { kind: "PreVote", term: at, replica }));
  return [...honest, ...own];
}

/** Returns the number of turns before that of `candidate` in `at` (§6.10). */
export const placeOf = ({ puppet: { config } }: Scene, candidate: ReplicaId, at: Term): number => {
  const n = config.replicas.length;
  return ((config.replicas.indexOf(candidate) - at) % n + n) % n;
};

/** Returns the campaigning colluder whose turn comes first in `at`. */
export const firstPretender = (scene: Scene, at: Term): ReplicaId =>
  [...scene.throne.pretenders].sort((a, b) => placeOf(scene, a, at) - placeOf(scene, b, at))[0]!;

export interface Asking {
  readonly term: Term;
  readonly candidate: ReplicaId;
  readonly certificate: Certificate;
  readonly preVotes: readonly Signed<PreVote>[];
  /** The base that the signed request names; the certificate's own point by default. */
  readonly base?: Certified;
}

/** Asks `to` for their votes. */
export function requestVotes(scene: Scene, to: readonly ReplicaId[], asking: Asking): void {
  const { term, candidate, certificate, preVotes, base = certified(certificate) } = asking;
  const signed = scene.coven.sign<RequestVote>(candidate, { kind: "RequestVote", term, candidate, base });
  scene.coven.send(candidate, to, { kind: "RequestVote", signed, certificate, preVotes });
}

/** Returns votes of honest replicas for `candidate` in `at`, one each; the newest on `base` if that is given. */
export function honestVotes(scene: Scene, at: Term, candidate: ReplicaId, base: Certified | null): Signed<Vote>[] {
  const found = new Map<ReplicaId, Signed<Vote>>();
  for (const vote of scene.throne.ear.votes) {
    const { message } = vote;
    if (message.term !== at || message.candidate !== candidate) continue;
    if (base === null || sameCertified(message.base, base)) found.set(message.voter, vote);
  }
  return [...found.values()];
}

/** Returns the colluders' own votes for `candidate` on `base`. */
export const covenVotes = ({ coven }: Scene, at: Term, candidate: ReplicaId, base: Certified): Signed<Vote>[] =>
  coven.members.map((voter) =>
    coven.sign<Vote>(voter, { kind: "Vote", term: at, candidate, voter, granted: true, base: certified(base) })
  );

/** Returns the proof that `claim` has won on one base, if it has; the highest base that enough voted for. */
export function proofOf(scene: Scene, { term: at, candidate, asked }: Claim): ElectionProof | null {
  for (const base of new Set(asked.values())) {
    const votes = honestVotes(scene, at, candidate, base);
    if (votes.length < scene.needed) continue;
    return { base, votes: [...votes, ...covenVotes(scene, at, candidate, base)].slice(0, scene.quorum) };
  }
  return null;
}

/** Returns the highest term that any honest replica is in. */
export const highestTerm = (scene: Scene): Term =>
  term(Math.max(0, ...scene.honest.map(({ state }) => state.hard.currentTerm)));
