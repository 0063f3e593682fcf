/**
 * Replies (§7.2): an answer is accepted once enough different replicas gave exactly that answer. `needed` is f+1, or Q if the roster
 * enables fast reads (§7.4), so at least one honest replica confirms what is accepted.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import type { Seq } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { kthHighest, quorumOf } from "../../protocol/quorum.ts";
import { countVote, createEqualTally, type EqualTally } from "./equal_tally.ts";

/** Equal answers a write or ordered read needs: f+1, or Q where fast reads are enabled (§7.4). */
export function answersNeeded(n: number, fastReads: boolean): number {
  const sizes = quorumOf(n);
  return fastReads ? sizes.quorum : sizes.weak;
}

/**
 * Returns whether two answers agree in seq, outcome and, if applied, in index, result and floor. Answers that a seq is outside the window
 * say no more than that: they are given from tables at different heights, so index and floor may differ.
 */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.seq !== b.seq || a.outcome !== b.outcome) return false;
  return a.outcome !== "applied" || (a.index === b.index && a.floor === b.floor && equalBytes(a.result, b.result));
}

/** Answers to one seq. */
export interface ReplyTally {
  readonly votes: EqualTally<Answer>;
  readonly weak: number;
  /** Floors of the answers that found the seq outside the window, one for each replica that said so. */
  readonly floors: Seq[];
}

/** Creates an empty tally of the answers to one request. */
export function createReplyTally(replicas: ReadonlySet<string>, needed: number): ReplyTally {
  const votes = createEqualTally(replicas, needed, sameAnswer);
  return { votes, weak: quorumOf(replicas.size).weak, floors: [] };
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
  return { ...accepted, floor: kthHighest(tally.floors, tally.weak) ?? accepted.floor };
}
