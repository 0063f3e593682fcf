/** How replicas of a fake cluster bend what they answer. */
import type { Answer, QueryReply } from "../../protocol/message.ts";

/** What a replica makes of the truth. Everything left out is honest. */
export interface Script {
  /** Answers to commands sent in place of the true one; several make a replica that votes more than once. */
  readonly reply?: (answer: Answer) => readonly Answer[];
  /** Likewise of registers. */
  readonly register?: (answer: Answer) => readonly Answer[];
  /** Applied index it tells in place of the true one. */
  readonly height?: number;
  /** Name on the replies, where it is not the replica's own. */
  readonly name?: string;
  /** Milliseconds its answers take. */
  readonly delayMs?: number;
  /** Answers to queries in place of the true one; null for none. */
  readonly query?: (reply: QueryReply) => QueryReply | null;
  /** Does not order commands when it leads, until an intervention deposes it. */
  readonly withholds?: boolean;
  /** Sent instead of any reply. */
  readonly garbage?: () => readonly Uint8Array[];
}

export const SILENT: Script = { reply: () => [], query: () => null };
export const LIAR: Script = { reply: (answer) => [{ ...answer, result: Uint8Array.of(6, 6, 6) }] };
