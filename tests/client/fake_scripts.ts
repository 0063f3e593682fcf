/** Scripts that alter what a replica of a fake cluster answers. */
import type { Answer, ClientHello, QueryReply } from "../../protocol/message.ts";

/** A replica's deviations from the true answers. Everything left out is honest. */
export interface Script {
  /** Answers to commands sent in place of the true one; several make a replica that votes more than once. */
  readonly reply?: (answer: Answer) => readonly Answer[];
  /** Likewise of registers. */
  readonly register?: (answer: Answer) => readonly Answer[];
  /** Applied index it tells in place of the true one. */
  readonly height?: number;
  /** Name on the replies, if not the replica's own. */
  readonly name?: string;
  /** Delay of its answers in milliseconds. */
  readonly delayMs?: number;
  /** Answers to queries in place of the true one; null for none. */
  readonly query?: (reply: QueryReply) => QueryReply | null;
  /** Fast reads that it answers of each packet; all by default. */
  readonly readsAnswered?: number;
  /** Does not order requests as leader, until an intervention deposes it. */
  readonly withholds?: boolean;
  /** Returns whether it takes this hello, as if another one was lost; all by default. */
  readonly hears?: (hello: ClientHello) => boolean;
  /** Sent in place of the frames of a reply. */
  readonly frames?: (frames: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Sent in place of any reply. */
  readonly garbage?: () => readonly Uint8Array[];
}

export const SILENT: Script = { reply: () => [], query: () => null };
export const LIAR: Script = { reply: (answer) => [{ ...answer, result: Uint8Array.of(6, 6, 6) }] };
