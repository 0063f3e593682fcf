/** Mutants of elections and ranks (§5.5, §6.4–§6.8). */
import { type Mutant, patch } from "../mutant.ts";
import { GUARD_WITHOUT_LAST_VOTE } from "./second_layers.ts";

/** A proof's votes may be refusals. */
const REFUSALS_IN_PROOFS = [
  patch(
    "plausibleProof",
    `message.candidate === first.candidate && sameCertified(message.base, first.base)`,
    `message.candidate === first.candidate &&
    ((message as { kind: string }).kind === "VoteRefusal" || sameCertified(message.base, first.base))`,
  ),
  patch(
    "electionProof",
    `  votes: list(signed("Vote", vote), LIMITS.maxReplicas),`,
    `  votes: list(eitherAnswer, LIMITS.maxReplicas),`,
  ),
  patch(
    "electionProof",
    `export const electionProof`,
    `const granted = signed("Vote", vote);
const eitherAnswer: typeof granted = {
  minBytes: 68,
  read(reader) {
    const body = reader.bytes(1024);
    const message = body[1] === 7 ? decodeExactly(voteRefusal, body, "VoteRefusal") : decodeExactly(vote, body, "Vote");
    return { message: message as ElectionProof["votes"][number]["message"], body, signature: reader.raw(64) };
  },
  write: granted.write,
};

export const electionProof`,
    ["voteRefusal", "decodeExactly"],
  ),
];

/** A request for votes and a proof may show any valid certificate, whatever base they name. */
const ANY_CERTIFICATE_SHOWN = [
  patch(
    "screenRequestVote",
    `  if (!sameCertified(certificate, base) || !plausibleCertificate(state, certificate)) {`,
    `  if (!sameCertified(base, base) || !plausibleCertificate(state, certificate)) {`,
  ),
  patch(
    "onRequestVote",
    `const valid = sameCertified(packet.certificate, request.base) && isCertificate(`,
    `const valid = isCertificate(`,
  ),
  patch(
    "plausibleProof",
    `  return sameCertified(base, first.base) && first.base.term < first.term && plausibleCertificate(members, base);`,
    `  return first.base.term < first.term && plausibleCertificate(members, base);`,
  ),
];

export const SAFETY_VOTES: readonly Mutant[] = [
  {
    name: "votes-without-rank-check",
    kind: "safety",
    clause: "§6.5",
    what: "a voter grants whatever the rank of the candidate's base",
    how: "e is committed by a quorum; a candidate that slept through it is elected on its old base and overwrites e.",
    patches: [
      patch(
        "voting:answer",
        `  if (compareRank(request.base, state.prepared) < 0) return refuse(context, request);`,
        `  if (request.base.term < 0) return refuse(context, request);`,
      ),
    ],
  },
  {
    name: "rank-lowered-at-a-new-leader",
    kind: "safety",
    clause: "§6.8",
    what: "a replica that learns of a new leader falls back to the certificate of its commit index",
    how:
      "e is prepared at a quorum and committed at one replica; a leader whose base holds e is elected and dies before it " +
      "certifies anything. Its followers no longer know e as prepared and elect somebody without it.",
    patches: [
      patch(
        "installLeader",
        `  dropVoteRequests(context);
  restartElectionTimer(context);`,
        `  dropVoteRequests(context);
  const committed = state.commitCertificate ?? genesisCertificate(state.genesis);
  if (compareRank(committed, state.prepared) < 0) setPrepared(context, committed, []);
  restartElectionTimer(context);`,
        ["genesisCertificate", "setPrepared", "compareRank"],
      ),
      patch(
        "setPrepared",
        `  assertInvariant(order >= 0, "I9",`,
        `  assertInvariant(order >= -Infinity, "I9",`,
      ),
      patch("setPrepared", `    order > 0 || certificate.hash`, `    order !== 0 || certificate.hash`),
      patch(
        "advanceTip",
        `        term > tip.preparedTerm ||`,
        `        term >= 0 || term > tip.preparedTerm ||`,
      ),
    ],
  },
  {
    name: "prepared-branch-dropped",
    kind: "safety",
    clause: "§6.8",
    what: "entries under the highest certificate are thrown away when the log moves to another branch",
    how:
      "A alone learns that e is prepared; a leader on a lower base replaces e at A. A holds a certificate that outranks " +
      "all others and no entries to lead from.",
    patches: [
      patch("durable:truncate", `  if (moved.length > 0) setPrepared(`, `  if (moved.length < 0) setPrepared(`),
    ],
  },
  {
    name: "refusal-counted-as-a-vote",
    kind: "safety",
    clause: "§6.5",
    what: "a candidate counts refusals as votes, and a proof may hold them",
    how:
      "e is committed by a quorum; a candidate without it is refused by all who reported e, counts that as its election " +
      "and overwrites e.",
    patches: [
      patch(
        "onVoteRefusal",
        `  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");`,
        `  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");
  const candidacy = state.election.candidacy!;
  candidacy.votes.set(voter, signed as unknown as Signed<Vote>);
  if (candidacy.votes.size >= state.quorumSizes.quorum) {
    becomeLeader(context, candidacy);
    return ACCEPT;
  }`,
        ["becomeLeader"],
      ),
      ...REFUSALS_IN_PROOFS,
    ],
  },
  {
    name: "second-vote-for-another-base",
    kind: "safety",
    clause: "§6.5",
    what: "a voter votes again in one term for the same candidate on another base",
    how:
      "A Byzantine candidate asks with its highest base first, then with a low one that no voter would have granted at " +
      "first. It shows a proof on the low base and overwrites what is committed above it.",
    patches: [
      patch(
        "closedTerm",
        `  if (hard.vote.candidate !== request.candidate || !sameCertified(hard.vote.base, request.base)) {`,
        `  if (hard.vote.candidate !== request.candidate) {`,
      ),
      GUARD_WITHOUT_LAST_VOTE,
      patch(
        "assertDurable",
        `vote.candidate === candidate && sameCertified(vote.base, base);`,
        `vote.candidate === candidate && (base.index >= 0 || sameCertified(vote.base, base));`,
      ),
    ],
  },
  {
    name: "votes-on-mixed-bases",
    kind: "safety",
    clause: "§6.6",
    what: "votes for one candidate count together although they name different bases",
    how:
      "A Byzantine candidate asks those of high rank with a high base and the others with a low one, and shows a proof " +
      "whose first vote names the low base: it leaves out what is committed.",
    patches: [
      patch(
        "onVote",
        `  if (!sameCertified(base, candidacy.base)) return reject("vote-for-another-base", voter);`,
        `  if (!sameCertified(base, base)) return reject("vote-for-another-base", voter);`,
      ),
      patch(
        "plausibleProof",
        `message.candidate === first.candidate && sameCertified(message.base, first.base)`,
        `message.candidate === first.candidate`,
      ),
    ],
  },
  {
    name: "candidate-campaigns-from-its-log",
    kind: "safety",
    clause: "§6.4",
    what: "a candidate's base is the end of its log, as in Raft, and voters compare that with their certificates",
    how:
      "A leader shows e to A, B and e' to C; e is prepared and committed at A. C campaigns from e', whose rank is that " +
      "of e, is elected and overwrites e.",
    patches: [
      patch(
        "startCandidacy",
        `  const base = certified(certificate);
  raiseTerm(`,
        `  const last = state.log.entries.at(-1);
  const base = last
    ? { term: last.entry.term, index: last.entry.index, hash: last.hash }
    : certified(certificate);
  raiseTerm(`,
      ),
      patch(
        "adoptBranch",
        `  if (state.prepared.index <= state.commitIndex || contains(state.log, state.prepared)) return;`,
        `  if (state.prepared.index >= 0) return;`,
      ),
      ...ANY_CERTIFICATE_SHOWN,
    ],
  },
  {
    name: "base-not-checked",
    kind: "safety",
    clause: "§6.5",
    what: "voters and followers do not check that a certificate backs the base they are named",
    how:
      "A Byzantine candidate names a base of high rank on a chain of its own, showing any certificate or an empty one; it " +
      "is elected and its base leaves out what is committed.",
    patches: [
      patch(
        "hashesHold",
        `      return isCertificate(state, sha256Hex, packet.certificate);`,
        `      return packet.kind === "RequestVote" || isCertificate(state, sha256Hex, packet.certificate);`,
      ),
      patch(
        "screenRequestVote",
        `  if (!sameCertified(certificate, base) || !plausibleCertificate(state, certificate)) {`,
        `  if (!sameCertified(certificate, base) && !plausibleCertificate(state, certificate)) {`,
      ),
      patch(
        "onRequestVote",
        `const valid = sameCertified(packet.certificate, request.base) && isCertificate(`,
        `const valid = sameCertified(packet.certificate, request.base) || isCertificate(`,
      ),
      patch(
        "plausibleProof",
        `  return sameCertified(base, first.base) && first.base.term < first.term && plausibleCertificate(members, base);`,
        `  return first.base.term < first.term && (sameCertified(base, first.base) || plausibleCertificate(members, base));`,
      ),
      patch(
        "electedBy",
        `  if (!plausibleProof(members, proof) || !isCertificate(members, hash, proof.base)) return null;`,
        `  if (!plausibleProof(members, proof)) return null;
  const backed = sameCertified(proof.base, proof.votes[0]!.message.base) || isCertificate(members, hash, proof.base);
  if (!backed) return null;`,
      ),
    ],
  },
];
