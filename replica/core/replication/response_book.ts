/**
 * The contents of each replica's published responses (§5.4–§5.6): its acks and its prepared report by term. Quorums are counted over
 * different replicas, each at most once for a point.
 */
import type { Head } from "../../../protocol/entry.ts";
import type { LogIndex, ReplicaId, Term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { AppendEntriesResponse } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";

export type SignedResponse = Signed<AppendEntriesResponse>;

/** One ack of one replica, with the response that carries it. */
export interface Ack extends Head {
  readonly response: SignedResponse;
}

/** The acks and report of one replica in one term. */
export interface TermRecord {
  /** First ack heard at each index above the commit index. */
  readonly acks: Map<LogIndex, Ack>;
  /** Highest prepared report whose prepared.term is the response's own term (§5.6). */
  report: Ack | null;
}

export interface ResponseBook {
  readonly records: Map<ReplicaId, Map<Term, TermRecord>>;
  /** Highest commit point each replica has claimed; a claim, not a proof. */
  readonly commitClaims: Map<ReplicaId, Head>;
}

export const createResponseBook = (): ResponseBook => ({ records: new Map(), commitClaims: new Map() });

/**
 * Returns the record of `replica` in `term`, opened if there is room. A replica has room for a few terms; `keep` (the current term) is
 * never evicted, and a term lower than all kept ones is refused with null.
 */
export function recordOf(book: ResponseBook, replica: ReplicaId, term: Term, keep: Term): TermRecord | null {
  const terms = book.records.get(replica) ?? new Map<Term, TermRecord>();
  book.records.set(replica, terms);
  const existing = terms.get(term);
  if (existing) return existing;
  if (terms.size >= LIMITS.maxResponseTerms) {
    const lowest = Math.min(...[...terms.keys()].filter((t) => t !== keep)) as Term;
    if (term < lowest && term !== keep) return null;
    terms.delete(lowest);
  }
  const record: TermRecord = { acks: new Map(), report: null };
  terms.set(term, record);
  return record;
}

/** Returns the acks of `term` for exactly `head`, one for each replica. */
export function acksFor(book: ResponseBook, term: Term, head: Head): Ack[] {
  const found: Ack[] = [];
  for (const terms of book.records.values()) {
    const ack = terms.get(term)?.acks.get(head.index);
    if (ack && ack.hash === head.hash) found.push(ack);
  }
  return found;
}

/** Returns the prepared reports of `term`, one for each replica. */
export function reportsOf(book: ResponseBook, term: Term): Ack[] {
  const found: Ack[] = [];
  for (const terms of book.records.values()) {
    const report = terms.get(term)?.report;
    if (report) found.push(report);
  }
  return found;
}

/** Forgets acks at or below `index`; they can certify nothing new. */
export function pruneAcks(book: ResponseBook, index: LogIndex): void {
  for (const terms of book.records.values()) {
    for (const { acks } of terms.values()) {
      for (const at of acks.keys()) if (at <= index) acks.delete(at);
    }
  }
}
