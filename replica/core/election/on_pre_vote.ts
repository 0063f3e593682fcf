/** PreVote at a replica (§6.3). */
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Context } from "../context.ts";
import { ACCEPT, type Verdict } from "../verdict.ts";
import { hearPreVote } from "./election.ts";
import { enterByProof } from "./terms.ts";

/** Counts a PreVote (§6.3). The attached proof may reveal a leader that this replica does not know. */
export function onPreVote(context: Context, { signed, proof }: PacketOf<"PreVote">): Verdict {
  if (proof) enterByProof(context, proof);
  hearPreVote(context, signed);
  return ACCEPT;
}
