/**
 * The likely leader according to replies (§7.2). Only a hint: it decides where a request is sent first, never what is believed, and a
 * wrong one costs one retry.
 */

/** The leader named by one replica's latest reply. */
interface Hint {
  readonly term: number;
  readonly leader: string;
}

/** Latest hints, at most one per replica. */
export interface LeaderCache {
  readonly weak: number;
  readonly hints: Map<string, Hint>;
  /** The leader that f+1 replicas name in one term, of the highest such term; else the one named last; null if none is known. */
  likely: string | null;
}

/** Creates an empty cache; `weak` is f+1. */
export const createLeaderCache = (weak: number): LeaderCache => ({ weak, hints: new Map(), likely: null });

/** Records the leader named in a verified reply of roster replica `replica`. A reply that names none withdraws its earlier hint. */
export function noteLeader(cache: LeaderCache, replica: string, term: number, leader: string | null): void {
  const known = cache.hints.get(replica);
  if (known !== undefined && known.term === term && known.leader === leader && cache.likely === leader) return;
  if (leader === null) cache.hints.delete(replica);
  else cache.hints.set(replica, { term, leader });
  cache.likely = agreedLeader(cache) ?? leader ?? cache.likely;
}

function agreedLeader(cache: LeaderCache): string | null {
  let best: Hint | null = null;
  for (const hint of cache.hints.values()) {
    if (best !== null && hint.term <= best.term) continue;
    let votes = 0;
    for (const other of cache.hints.values()) if (other.term === hint.term && other.leader === hint.leader) votes++;
    if (votes >= cache.weak) best = hint;
  }
  return best?.leader ?? null;
}

/** Drops everything, because the leader it suggested did not answer. */
export function forgetLeader(cache: LeaderCache): void {
  cache.hints.clear();
  cache.likely = null;
}
