/** A deferred vote at a candidate (§6.2). */
import type { VoteDeferred } from "../../../protocol/message.ts";
import { type Context, note } from "../context.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";

/** Notes that the voter is there; it will answer if it comes to suspect its leader (§6.2). */
export function onVoteDeferred(context: Context, message: VoteDeferred): Verdict {
  note(context, "debug", "deferred", { term: message.term, voter: message.voter });
  return ACCEPT;
}
