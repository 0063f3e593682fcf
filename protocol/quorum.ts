/** Sizes of quorums (§1.1, §1.4), and counting by different replicas (§2.4). */

/**
 * Trust in a cluster's replicas (§1.4). `byzantine`: up to f replicas may lie; everything is signed, and commits take two phases. `crash`: replicas may crash, but none may lie; nothing
 * is signed, connections alone say who speaks, and commits take one phase, as in plain Raft.
 */
export type Profile = "byzantine" | "crash";

/** All profiles, the default first. */
export const PROFILES: readonly Profile[] = ["byzantine", "crash"];

/** The sizes that follow from n. */
export interface QuorumSizes {
  /** Replicas in the roster. */
  readonly n: number;
  /** Replicas that may be Byzantine: floor((n − 1) / 3), or none in the `crash` profile. */
  readonly f: number;
  /** Q = ceil((n + f + 1) / 2): any two quorums share an honest replica. Without Byzantine ones that is a majority. */
  readonly quorum: number;
  /** f + 1: any such set contains an honest replica. */
  readonly weak: number;
}

/** Returns the quorum sizes for `n` ≥ 1 replicas. Whoever names no profile gets the larger quorums. */
export function quorumOf(n: number, profile: Profile = "byzantine"): QuorumSizes {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`a cluster was given ${n} replicas; wanted a whole number of at least 1`);
  }
  const f = profile === "crash" ? 0 : Math.floor((n - 1) / 3);
  return { n, f, quorum: Math.ceil((n + f + 1) / 2), weak: f + 1 };
}

/** Returns how many replicas have to state a time for it to come (§15.2b): above f, and no quorum is without n − Q + 1 others than its faulty ones. */
export const clockQuorum = ({ n, quorum }: QuorumSizes): number => n - quorum + 1;

/** Returns the `k`-th highest of `values` (k from 1), or null if there are fewer. */
export function kthHighest<N extends number>(values: Iterable<N>, k: number): N | null {
  return [...values].sort((a, b) => b - a)[k - 1] ?? null;
}
