/** Responses that can no longer matter (§5.4): a quorum stood without them, so nothing they say would change what this replica knows. */
import type { Head } from "../../../protocol/entry.ts";
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../protocol/message.ts";
import { contains } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import type { TermRecord } from "./response_book.ts";

/**
 * Returns whether a peer's response of the current term comes too late to certify, commit or reveal anything here (§5.4d): what it acks is certified,
 * what it reports committed, and no one waits for what else it says.
 */
export function isLateResponse(state: CoreState, response: AppendEntriesResponse): boolean {
  const { term, replica, acks, prepared, commitIndex } = response;
  if (term !== state.hard.currentTerm || commitIndex > state.commitIndex || isRepaired(state, replica)) return false;
  const record = state.responses.records.get(replica)?.get(term);
  if (prepared.term === term && prepared.index > Math.max(state.commitIndex, record?.report?.index ?? 0)) return false;
  return acks.every((ack) =>
    ack.index <= state.commitIndex ||
    (isCertified(state, term, ack.index) && contains(state.log, ack) && !contradicts(record, ack))
  );
}

const isCertified = ({ prepared }: CoreState, term: number, index: number): boolean =>
  prepared.term === term && index <= prepared.index;

/** A second ack at one index for another hash is evidence (§9.1). */
const contradicts = (record: TermRecord | undefined, { index, hash }: Head): boolean =>
  (record?.acks.get(index)?.hash ?? hash) !== hash;

/** A follower that is behind the broadcast asks for the next entries with its acks (§5.2). */
function isRepaired({ leadership }: CoreState, replica: ReplicaId): boolean {
  const progress = leadership?.progress.get(replica);
  return progress !== undefined && progress.next <= leadership!.broadcast;
}
