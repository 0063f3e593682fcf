/** Evidence (§9): only signed contradictions accuse. */
import { type Context, note, send } from "./context.ts";
import { areCovered } from "../../protocol/hash_chain.ts";
import { type Digest, type LogIndex, offset } from "../../protocol/ids.ts";
import type { BadEntryEvidence, Evidence } from "../../protocol/evidence.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntries, AppendEntriesResponse, Vote } from "../../protocol/message.ts";
import type { Hash } from "../../protocol/ports.ts";
import { sameCertified } from "../../protocol/rank.ts";
import type { CoreState } from "./state.ts";

/** Keeps and gossips `evidence` once (§9.1). An accused leader is suspected from now on. */
export function accuse(context: Context, evidence: Evidence): void {
  const { state, out } = context;
  if (hasEvidence(state, evidence) || state.evidence.length >= LIMITS.maxEvidence) return;
  state.evidence.push(evidence);
  out.persist.push({ op: "evidence", evidence });
  send(context, "all", { kind: "Evidence", evidence });
  note(context, "warn", "evidence", { kind: evidence.kind, culprit: evidence.culprit });
}

/**
 * Returns whether `evidence` shows a contradiction of its culprit, provided its signatures are valid. For a bad entry the shell has also
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

/** Returns whether evidence of this kind against this culprit is held; one piece for each is enough. */
export const hasEvidence = (state: CoreState, { kind, culprit }: Evidence): boolean =>
  state.evidence.some((known) => known.kind === kind && known.culprit === culprit);
