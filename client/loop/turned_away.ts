/** The unsigned word of a replica that does not know this client: a hint that the two have different rosters, and no answer. */
import type { ReplyPacket } from "../../protocol/packet.ts";

/** Returns whether `packet` turns its reader away: an empty refusal without a signature. Anyone on the way could have made it. */
export function turnsAway({ kind, signed }: ReplyPacket): boolean {
  const { message, signature } = signed;
  return kind === "QueryReply" && message.kind === "QueryReply" && !message.ok && message.payload.length === 0 &&
    signature.every((byte) => byte === 0);
}
