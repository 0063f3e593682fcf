/** The answers accepted last, so that a replica which answers differently later is noticed too. Bounded in number and bytes. */
import type { Digest } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import { dissenters, type EqualTally } from "../session/equal_tally.ts";
import { sameAnswer } from "../session/reply_tally.ts";

const MAX_ANSWERS = 64;
/** Longest result kept, in bytes; the seqs of longer ones are not watched further. */
const MAX_RESULT_BYTES = 4096;

interface Kept {
  readonly answer: Answer;
  /** Replicas that need no further check: they answered in time or were noted. */
  readonly seen: Set<string>;
}

export interface RecentAnswers {
  /** Keeps a tally's accepted answer and returns the replicas whose answer contradicts it. */
  settle(tally: EqualTally<Answer>): string[];
  /** Returns whether `answer` claims an execution of a seq other than the accepted one, by a replica not yet noted for it. */
  contradicts(replica: string, answer: Answer): boolean;
  note(replica: string, request: Digest): void;
}

/**
 * Returns whether two applied answers differ: then one of them is a lie (I6). A late `expired` is no lie: the window has moved on since.
 */
const contradict = (a: Answer, b: Answer): boolean =>
  a.outcome === "applied" && b.outcome === "applied" && !sameAnswer(a, b);

/** Returns an empty memory. */
export function createRecentAnswers(): RecentAnswers {
  const kept = new Map<Digest, Kept>();
  return {
    settle(tally) {
      const accepted = tally.accepted?.value;
      if (accepted === undefined) return [];
      if (accepted.result.length <= MAX_RESULT_BYTES) {
        const answer = { ...accepted, result: accepted.result.slice() };
        kept.set(accepted.request, { answer, seen: new Set(tally.voters) });
      }
      const oldest = kept.keys().next();
      if (kept.size > MAX_ANSWERS && !oldest.done) kept.delete(oldest.value);
      const liars = new Set<string>();
      for (const { value, replicas } of tally.groups) {
        if (contradict(accepted, value)) { for (const replica of replicas) liars.add(replica); }
      }
      return dissenters(tally).filter((replica) => liars.has(replica));
    },
    contradicts(replica, answer) {
      const known = kept.get(answer.request);
      return known !== undefined && !known.seen.has(replica) && contradict(known.answer, answer);
    },
    note(replica, request) {
      kept.get(request)?.seen.add(replica);
    },
  };
}
