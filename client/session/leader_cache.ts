/**
 * Who leads, as far as replies say (§7.2). Only a hint: it decides where a request is sent first, never what is believed, and a
 * wrong one costs one retry.
 */

/** What one replica's latest reply said. */
interface Hint {
  readonly term: number;
  readonly leader: string;
}

/** Latest hints, one for each replica at most. */
export interface LeaderCache {
  readonly weak: number;
  readonly hints: Map<string, Hint>;
  /** The leader f+1 replicas name in one term, of the highest such term; else the one named last; null when none is known. */
  likely: string | null;
}

/** An empty cache; `weak` is f+1. */
export const createLeaderCache = (weak: number): LeaderCache => ({ weak, hints: new Map(), likely: null });

/** Takes in what a verified reply of roster replica `replica` says. A reply that names no leader takes its old hint back. */
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

/** Drops everything, because the leader it led to did not answer. */
export function forgetLeader(cache: LeaderCache): void {
  cache.hints.clear();
  cache.likely = null;
}
