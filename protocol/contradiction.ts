/** Contradictions (§9.1): what two signed messages say that no honest replica says in both. */
import type { BadEntryEvidence, Evidence } from "./evidence.ts";
import { areCovered } from "./hash_chain.ts";
import { type Digest, type LogIndex, offset } from "./ids.ts";
import type { AppendEntries, AppendEntriesResponse, Vote } from "./message.ts";
import type { Hash } from "./ports.ts";
import { sameCertified } from "./rank.ts";

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
