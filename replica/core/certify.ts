/**
 * Whether a certificate or proof says what it must. Signatures are the shell's business ({@linkcode listSignatures});
 * here only structure is judged: different replicas of the roster, one term, one point.
 */
import type { Certificate, CommitCertificate, ElectionProof, PrepareCertificate } from "./certificate.ts";
import { chainHash } from "./hash_chain.ts";
import { type Digest, type LogIndex, nextTerm, offset, type ReplicaId, type Term } from "./ids.ts";
import type { Certified, PreVote, Signed } from "./message.ts";
import type { Hash } from "./ports.ts";
import { compareRank, sameCertified } from "./rank.ts";
import type { CoreState } from "./state.ts";

/** What checking needs to know: the roster, the quorum and the genesis point. */
export type Roster = Pick<CoreState, "config" | "sizes" | "genesis">;

/** Whether `certificate` certifies its point, given that its signatures are good. */
export function isCertificate(roster: Roster, hash: Hash, certificate: Certificate): boolean {
  if (certificate.term === 0) return isGenesis(roster, certificate);
  return certificate.kind === "prepare"
    ? isPrepareCertificate(roster, certificate)
    : isCommitCertificate(roster, hash, certificate);
}

function isGenesis({ genesis }: Roster, certificate: Certificate): boolean {
  return certificate.kind === "prepare" && certificate.index === 0 && certificate.hash === genesis &&
    certificate.responses.length === 0;
}

/** §5.5: Q different replicas acked exactly this point in this term. */
function isPrepareCertificate(roster: Roster, { term, index, hash, responses }: PrepareCertificate): boolean {
  return isQuorum(roster, responses.map((r) => r.message.replica)) &&
    responses.every(({ message }) =>
      message.term === term && message.acks.some((ack) => ack.index === index && ack.hash === hash)
    );
}

/** §5.6: Q different replicas reported, in this one term, a certificate of it at or above this point on its chain. */
function isCommitCertificate(roster: Roster, hash: Hash, certificate: CommitCertificate): boolean {
  const { term, index, links, responses } = certificate;
  if (!isQuorum(roster, responses.map((r) => r.message.replica))) return false;
  // Cheap facts first: hashing the links of what cannot be a certificate anyway would be an attacker's to command.
  if (responses.some(({ message }) => message.term !== term || message.prepared.term !== term)) return false;
  if (links.length !== Math.max(...responses.map((r) => r.message.prepared.index)) - index) return false;
  const hashes = new Map<LogIndex, Digest>([[index, certificate.hash]]);
  let previous = certificate.hash;
  links.forEach((link, i) => {
    previous = chainHash(hash, previous, offset(index, i + 1), link);
    hashes.set(offset(index, i + 1), previous);
  });
  return responses.every(({ message: { prepared } }) => hashes.get(prepared.index) === prepared.hash);
}

/** §6.6, §6.7: the term, leader and base that a valid proof elects; null if it is not valid. */
export function electedBy(
  roster: Roster,
  hash: Hash,
  proof: ElectionProof,
): { readonly term: Term; readonly leader: ReplicaId; readonly base: Certified } | null {
  const first = proof.votes[0]?.message;
  if (!first || !isQuorum(roster, proof.votes.map((v) => v.message.voter))) return null;
  const agreed = proof.votes.every(({ message }) =>
    message.term === first.term && message.candidate === first.candidate && sameCertified(message.base, first.base)
  );
  if (!agreed || !roster.config.replicas.includes(first.candidate)) return null;
  if (!sameCertified(proof.base, first.base) || first.base.term >= first.term) return null;
  return isCertificate(roster, hash, proof.base)
    ? { term: first.term, leader: first.candidate, base: first.base }
    : null;
}

/** §6.3: PreVotes of Q different replicas, each for a term at or above `term`. */
export function isPreVoteCertificate(roster: Roster, term: Term, preVotes: readonly Signed<PreVote>[]): boolean {
  return isQuorum(roster, preVotes.map((p) => p.message.replica)) &&
    preVotes.every(({ message }) => message.term >= term);
}

/** §2.4: at least Q replicas of the roster, each named once. */
function isQuorum({ config, sizes }: Roster, replicas: readonly ReplicaId[]): boolean {
  return new Set(replicas).size === replicas.length && replicas.length >= sizes.quorum &&
    replicas.every((replica) => config.replicas.includes(replica));
}

/** Whether `certificate` ranks above `other`. */
export const outranks = (certificate: Certified, other: Certified): boolean => compareRank(certificate, other) > 0;

/** A term no PreVote of this replica may fall below (§6.3). */
export const lowestPreVoteTerm = ({ hard }: CoreState): Term => nextTerm(hard.currentTerm);
