/** The unsigned word of a replica that does not know this client: a hint that the two have different rosters, and no answer. */
import type { ReplyPacket } from "../../protocol/packet.ts";

/** Returns whether `packet` turns its reader away: an empty refusal without a signature. Anyone on the way could have made it. */
export function turnsAway(packet: ReplyPacket): boolean {
  if (packet.kind !== "QueryReply") return false;
  const { message, signature } = packet.signed;
  return !message.ok && message.payload.length === 0 && signature.every((byte) => byte === 0);
}
