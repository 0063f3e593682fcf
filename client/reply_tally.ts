/**
 * Replies (§7.2): an answer counts once enough different replicas gave exactly it. `needed` is f+1, or Q where the roster
 * enables fast reads (§7.4), so at least one honest replica vouches for what is accepted.
 */
import type { Answer } from "../replica/core/message.ts";
import { createEqualTally, type EqualTally, sameBytes } from "./equal_tally.ts";

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

/** Whether two answers are the same in everything that is compared: seq, index, outcome, result and floor. */
export function sameAnswer(a: Answer, b: Answer): boolean {
  return a.seq === b.seq && a.index === b.index && a.outcome === b.outcome && a.floor === b.floor &&
    sameBytes(a.result, b.result);
}

/** Answers to one seq. Count them with `countVote`, read `accepted`, and `dissenters` for who answered differently. */
export type ReplyTally = EqualTally<Answer>;

/** An empty tally of the answers to one request. */
export const createReplyTally = (replicas: ReadonlySet<string>, needed: number): ReplyTally =>
  createEqualTally(replicas, needed, sameAnswer);
