/** Evidence: signed contradictions of one replica (§9.1), transferable and checkable by anyone with the roster. */
import type { Entry } from "./entry.ts";
import { areCovered } from "./hash_chain.ts";
import { type Digest, type LogIndex, offset, type ReplicaId } from "./ids.ts";
import type { AppendEntries, AppendEntriesResponse, Vote } from "./message.ts";
import type { Hash } from "./ports.ts";
import { sameCertified } from "./rank.ts";
import type { Signed } from "./signed.ts";

/** Two AppendEntries of one leader and term whose hash lists differ at an index. */
export interface EquivocationEvidence {
  readonly kind: "equivocation";
  readonly culprit: ReplicaId;
  readonly first: Signed<AppendEntries>;
  readonly second: Signed<AppendEntries>;
}
/** Two responses of one replica and term that ack different hashes at one index. */
export interface DoubleAckEvidence {
  readonly kind: "double-ack";
  readonly culprit: ReplicaId;
  readonly first: Signed<AppendEntriesResponse>;
  readonly second: Signed<AppendEntriesResponse>;
}
/** Two votes of one replica in a term that name different candidates or bases. */
export interface DoubleVoteEvidence {
  readonly kind: "double-vote";
  readonly culprit: ReplicaId;
  readonly first: Signed<Vote>;
  readonly second: Signed<Vote>;
}
/**
 * A signed header that covers an entry with a request of bad client signature, or without a well-formed list of requests. `entries` are
 * the header's entries from the first up to and including the bad one, so that its hash can be recomputed.
 */
export interface BadEntryEvidence {
  readonly kind: "bad-entry";
  readonly culprit: ReplicaId;
  readonly header: Signed<AppendEntries>;
  readonly entries: readonly Entry[];
}
/** A piece of evidence, and the epoch whose roster it is judged by (§13.13). */
export interface EvidenceOfEpoch {
  readonly epoch: number;
  readonly evidence: Evidence;
}
export type Evidence = EquivocationEvidence | DoubleAckEvidence | DoubleVoteEvidence | BadEntryEvidence;

/**
 * Returns whether `evidence` shows a contradiction of its culprit, provided its signatures are valid. For a bad entry the caller has also
 * found that a client signature in the last entry is bad, or that its body is not a list of requests.
 */
export function contradicts(evidence: Evidence, hash: Hash): boolean {
  switch (evidence.kind) {
    case "equivocation":
      return twoHeaders(evidence.culprit, evidence.first.message, evidence.second.message);
    case "double-ack":
      return twoAcks(evidence.culprit, evidence.first.message, evidence.second.message);
    case "double-vote":
      return twoVotes(evidence.culprit, evidence.first.message, evidence.second.message);
    case "bad-entry":
      return coversEntries(evidence, hash);
    default:
      return evidence satisfies never;
  }
}

/** Returns the hash a header gives for `index`: its previous one, or one of its list. */
function headerHash(header: AppendEntries, index: LogIndex): Digest | undefined {
  return index === header.prevIndex ? header.prevHash : header.entryHashes[index - header.prevIndex - 1];
}

function twoHeaders(culprit: string, a: AppendEntries, b: AppendEntries): boolean {
  if (a.leader !== culprit || b.leader !== culprit || a.term !== b.term) return false;
  for (let i = 0; i <= a.entryHashes.length; i++) {
    const index = offset(a.prevIndex, i);
    const other = headerHash(b, index);
    if (other !== undefined && other !== headerHash(a, index)) return true;
  }
  return false;
}

function twoAcks(culprit: string, a: AppendEntriesResponse, b: AppendEntriesResponse): boolean {
  if (a.replica !== culprit || b.replica !== culprit || a.term !== b.term) return false;
  return a.acks.some((ack) => b.acks.some((other) => other.index === ack.index && other.hash !== ack.hash));
}

function twoVotes(culprit: string, a: Vote, b: Vote): boolean {
  if (a.voter !== culprit || b.voter !== culprit || a.term !== b.term) return false;
  return a.candidate !== b.candidate || !sameCertified(a.base, b.base);
}

/** Returns whether the header's signed hashes cover exactly these entries, the last of which is the bad one. */
const coversEntries = ({ culprit, header: { message }, entries }: BadEntryEvidence, hash: Hash): boolean =>
  message.leader === culprit && entries.length > 0 && areCovered(hash, message, entries);
