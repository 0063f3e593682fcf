/**
 * Replies (§7.2): an answer is accepted once enough different replicas gave exactly that answer. `needed` is f+1, or Q if the roster
 * enables fast reads (§7.4), so at least one honest replica confirms what is accepted.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import type { Answer } from "../../protocol/message.ts";
import { type Profile, quorumOf } from "../../protocol/quorum.ts";
import { countLatestVote, createEqualTally, type EqualTally } from "./equal_tally.ts";

/** Equal answers a write or ordered read needs: f+1, or Q where fast reads are enabled (§7.4). */
export function answersNeeded(n: number, fastReads: boolean, profile: Profile = "byzantine"): number {
  const sizes = quorumOf(n, profile);
  return fastReads ? sizes.quorum : sizes.weak;
}

/** Returns whether `answer` names the entry that settled its request, which all honest replicas name alike. */
const namesEntry = ({ outcome }: Answer): boolean => outcome === "applied" || outcome === "conflict";

/**
 * Returns whether two answers are the same in everything that is compared: request, outcome, result and index. Those that name no entry are given
 * from tables at different heights: their indexes are left out.
 */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.request !== b.request || a.outcome !== b.outcome || !equalBytes(a.result, b.result)) return false;
  return !namesEntry(a) || a.index === b.index;
}

/** Answers to one request. */
export type ReplyTally = EqualTally<Answer>;

/** Creates an empty tally of the answers to one request. */
export const createReplyTally = (replicas: ReadonlySet<string>, needed: number): ReplyTally =>
  createEqualTally(replicas, needed, sameAnswer);

/**
 * Counts the latest answer of `replica` and returns what enough replicas said alike, or null. The latest, since what is true of a request changes:
 * where its session is closed, `applied` becomes `void` or `unknown`, and a replica that was behind never says the former (§7.2b).
 */
export function countAnswer(tally: ReplyTally, replica: string, answer: Answer): Answer | null {
  countLatestVote(tally, replica, answer);
  return tally.accepted?.value ?? null;
}
