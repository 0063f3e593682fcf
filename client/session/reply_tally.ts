/**
 * Replies (§7.2): an answer counts once enough different replicas gave exactly it. `needed` is f+1, or Q where the roster
 * enables fast reads (§7.4), so at least one honest replica vouches for what is accepted.
 */
import type { Answer } from "../../protocol/message.ts";
import { countVote, createEqualTally, type EqualTally, sameBytes } from "./equal_tally.ts";

/** Sizes of a cluster (§1.1). */
export interface QuorumSizes {
  readonly n: number;
  /** Replicas that may be Byzantine: floor((n − 1) / 3). */
  readonly f: number;
  /** f + 1: holds an honest replica. */
  readonly weak: number;
  /** Q = ceil((n + f + 1) / 2): any two share an honest replica. */
  readonly quorum: number;
}

/** The sizes for `n` replicas. Throws `RangeError` unless n is a whole number of at least 1. */
export function quorumSizes(n: number): QuorumSizes {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`a cluster was given ${n} replicas; wanted a whole number of at least 1`);
  }
  const f = Math.floor((n - 1) / 3);
  return { n, f, weak: f + 1, quorum: Math.ceil((n + f + 1) / 2) };
}

/** Equal answers a write or ordered read needs: f+1, or Q where fast reads are enabled (§7.4). */
export function answersNeeded(n: number, fastReads: boolean): number {
  const sizes = quorumSizes(n);
  return fastReads ? sizes.quorum : sizes.weak;
}

/** Whether `answer` names the entry that settled its request, which all honest replicas name alike. */
const namesEntry = ({ outcome }: Answer): boolean => outcome === "applied" || outcome === "conflict";

/**
 * Whether two answers are the same in everything that is compared: request, outcome, result and index. Those that name no entry are given
 * from tables at different heights: their indexes are left out.
 */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.request !== b.request || a.outcome !== b.outcome || !sameBytes(a.result, b.result)) return false;
  return !namesEntry(a) || a.index === b.index;
}

/** Answers to one request. */
export type ReplyTally = EqualTally<Answer>;

/** An empty tally of the answers to one request. */
export const createReplyTally = (replicas: ReadonlySet<string>, needed: number): ReplyTally =>
  createEqualTally(replicas, needed, sameAnswer);

/** Counts the answer of `replica`, only its first one, and returns what enough replicas said alike, or null. */
export function countAnswer(tally: ReplyTally, replica: string, answer: Answer): Answer | null {
  countVote(tally, replica, answer);
  return tally.accepted?.value ?? null;
}
