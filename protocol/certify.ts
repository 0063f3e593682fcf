/**
 * Checks of certificates and proofs. Signatures are checked by the shell ({@linkcode listSignatures}); only the structure is checked here:
 * different replicas of the members, one term, one point.
 */
import type {
  Certificate,
  CheckpointProof,
  CommitCertificate,
  ElectionProof,
  PrepareCertificate,
  StableCheckpoint,
} from "./certificate.ts";
import { type Membership, trustsReplicas } from "./config.ts";
import { chainHash } from "./hash_chain.ts";
import { type Digest, type LogIndex, offset, type ReplicaId, type Term } from "./ids.ts";
import type { Certified, PreVote } from "./message.ts";
import type { Hash } from "./ports.ts";
import { compareRank, sameCertified } from "./rank.ts";
import type { Signed } from "./signed.ts";

/** Returns whether `certificate` certifies its point, provided its signatures are valid. */
export function isCertificate(members: Membership, hash: Hash, certificate: Certificate): boolean {
  if (!plausibleCertificate(members, certificate)) return false;
  return certificate.kind === "prepare" || linksHold(hash, certificate);
}

/** The cheap part of {@linkcode isCertificate}: a certificate that fails it is not worth a signature check or a hash. */
export function plausibleCertificate(members: Membership, certificate: Certificate): boolean {
  if (certificate.term === 0) return isGenesis(members, certificate);
  return certificate.kind === "prepare"
    ? isPrepareCertificate(members, certificate)
    : reportsHold(members, certificate);
}

/** Returns whether `certificate` is of the genesis, which no signature certifies. A commit of it is shown with its state, which epoch 1 has not. */
function isGenesis({ genesis }: Membership, certificate: Certificate): boolean {
  const isKind = certificate.kind === "prepare" || (genesis.stateDigest !== null && certificate.links.length === 0);
  return isKind && certificate.index === genesis.index && certificate.hash === genesis.hash &&
    certificate.responses.length === 0;
}

/**
 * Returns whether Q different replicas acked exactly this point in this term (§5.5). Where replicas are trusted, whoever shows a certificate says so
 * himself, and nothing else is in it (§1.4).
 */
function isPrepareCertificate(members: Membership, { term, index, hash, responses }: PrepareCertificate): boolean {
  if (trustsReplicas(members.config.constants)) return responses.length === 0;
  return isQuorum(members, responses.map((r) => r.message.replica)) &&
    responses.every(({ message }) =>
      message.term === term && message.acks.some((ack) => ack.index === index && ack.hash === hash)
    );
}

/** Returns whether Q different replicas reported, in this one term, a certificate of it at or above this point (§5.6)… */
function reportsHold(members: Membership, { term, index, links, responses }: CommitCertificate): boolean {
  if (!isQuorum(members, responses.map((r) => r.message.replica))) return false;
  if (responses.some(({ message }) => message.term !== term || message.prepared.term !== term)) return false;
  return links.length === Math.max(...responses.map((r) => r.message.prepared.index)) - index;
}

/** …and the links join every report to it. */
function linksHold(hash: Hash, { index, hash: certified, links, responses }: CommitCertificate): boolean {
  const hashes = new Map<LogIndex, Digest>([[index, certified]]);
  let previous = certified;
  links.forEach((link, i) => {
    previous = chainHash(hash, previous, offset(index, i + 1), link);
    hashes.set(offset(index, i + 1), previous);
  });
  return responses.every(({ message: { prepared } }) => hashes.get(prepared.index) === prepared.hash);
}

/** The outcome of an election as its proof states it: the leader of a term and the base it starts from. */
export interface Elected {
  readonly term: Term;
  readonly leader: ReplicaId;
  readonly base: Certified;
}

/** Returns the term, leader and base that a valid proof elects (§6.6, §6.7), or null if the proof is not valid. */
export function electedBy(members: Membership, hash: Hash, proof: ElectionProof): Elected | null {
  if (!plausibleProof(members, proof) || !isCertificate(members, hash, proof.base)) return null;
  const { term, candidate, base } = proof.votes[0]!.message;
  return { term, leader: candidate, base };
}

/** The cheap part of {@linkcode electedBy}. */
export function plausibleProof(members: Membership, { votes, base }: ElectionProof): boolean {
  const first = votes[0]?.message;
  if (!first || !isQuorum(members, votes.map((v) => v.message.voter))) return false;
  const agreed = votes.every(({ message }) =>
    message.term === first.term && message.candidate === first.candidate && sameCertified(message.base, first.base)
  );
  if (!agreed || !members.config.replicas.includes(first.candidate)) return false;
  return sameCertified(base, first.base) && first.base.term < first.term && plausibleCertificate(members, base);
}

/** Returns whether these are PreVotes of Q different replicas, each for a term at or above `term` (§6.3). */
export function plausiblePreVotes(members: Membership, term: Term, preVotes: readonly Signed<PreVote>[]): boolean {
  return isQuorum(members, preVotes.map((p) => p.message.replica)) &&
    preVotes.every(({ message }) => message.term >= term);
}

/** Returns whether these are at least Q replicas of the members, each named once (§2.4). */
function isQuorum({ config, quorumSizes }: Membership, replicas: readonly ReplicaId[]): boolean {
  return new Set(replicas).size === replicas.length && replicas.length >= quorumSizes.quorum &&
    replicas.every((replica) => config.replicas.includes(replica));
}

/** Returns whether `certificate` ranks above `other`. */
export const outranks = (certificate: Certified, other: Certified): boolean => compareRank(certificate, other) > 0;

/** Returns whether `proof` certifies a snapshot, provided its signatures are valid (§8.2, §8.3). */
export const isCheckpointProof = (members: Membership, hash: Hash, proof: CheckpointProof): boolean =>
  plausibleCheckpointProof(members, proof) && isCertificate(members, hash, proof.commit);

/** The cheap part of {@linkcode isCheckpointProof}. */
export const plausibleCheckpointProof = (members: Membership, { stable, commit }: CheckpointProof): boolean =>
  (isGenesisState(members, stable) || isStable(members, stable)) && commit.index === stable.index &&
  commit.hash === stable.hash &&
  plausibleCertificate(members, commit);

/** Returns whether this is the state that the epoch begins with, which no signature certifies. */
export const isGenesisState = (
  { genesis }: Membership,
  { index, hash, stateDigest, checkpoints }: StableCheckpoint,
): boolean =>
  index === genesis.index && hash === genesis.hash && stateDigest === genesis.stateDigest && checkpoints.length === 0;

/** Returns whether Q different replicas certify exactly this state, at an index where checkpoints are taken. */
const isStable = (members: Membership, stable: StableCheckpoint): boolean =>
  stable.index % members.config.constants.checkpointEvery === 0 && isStableAtEnd(members, stable);

/** The same at the index of a stop-sign, which may be any behind the genesis (§13.4). */
export function isStableAtEnd(
  members: Membership,
  { index, hash, stateDigest, checkpoints }: StableCheckpoint,
): boolean {
  return index > members.genesis.index && isQuorum(members, checkpoints.map((c) => c.message.replica)) &&
    checkpoints.every(({ message }) =>
      message.index === index && message.hash === hash && message.stateDigest === stateDigest
    );
}
