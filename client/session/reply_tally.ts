/**
 * Replies (§7.2): an answer is accepted once enough different replicas gave exactly that answer. `needed` is f+1, or Q if the roster
 * enables fast reads (§7.4), so at least one honest replica confirms what is accepted.
 */
import type { Seq } from "../../protocol/ids.ts";
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

/**
 * Returns whether two answers agree in seq, outcome and, if applied, in index, result and floor. Answers that a seq is outside the window
 * say no more than that: they are given from tables at different heights, so index and floor may differ.
 */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.seq !== b.seq || a.outcome !== b.outcome) return false;
  return a.outcome !== "applied" || (a.index === b.index && a.floor === b.floor && sameBytes(a.result, b.result));
}

/** Answers to one seq. */
export interface ReplyTally {
  readonly votes: EqualTally<Answer>;
  readonly weak: number;
  /** Floors of the answers that found the seq outside the window, one for each replica that said so. */
  readonly floors: number[];
}

/** Creates an empty tally of the answers to one request. */
export function createReplyTally(replicas: ReadonlySet<string>, needed: number): ReplyTally {
  const votes = createEqualTally(replicas, needed, sameAnswer);
  return { votes, weak: quorumSizes(replicas.size).weak, floors: [] };
}

/** Counts the answer of `replica`; only its first one counts. */
export function countAnswer(tally: ReplyTally, replica: string, answer: Answer): void {
  if (countVote(tally.votes, replica, answer) === "counted" && answer.outcome !== "applied") {
    tally.floors.push(answer.floor);
  }
}

/**
 * Returns the answer that enough replicas gave alike, or null. The floor of a seq outside the window is one that f+1 replicas report or
 * exceed, so that no liar can raise it.
 */
export function acceptedAnswer(tally: ReplyTally): Answer | null {
  const accepted = tally.votes.accepted?.value;
  if (accepted === undefined || accepted.outcome === "applied") return accepted ?? null;
  const highestFirst = [...tally.floors].sort((a, b) => b - a);
  return { ...accepted, floor: (highestFirst[tally.weak - 1] ?? accepted.floor) as Seq };
}
