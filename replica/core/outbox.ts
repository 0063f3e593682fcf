/** What may still be signed (§4.3): once currentTerm is raised, nothing of a lower term leaves, ever. */
import type { Context } from "./context.ts";
import type { UnsignedPacket } from "./packet.ts";
import type { CoreState } from "./state.ts";

/** Hands out the packets composed since the last flush that still belong to the current term. */
export function release({ state, out }: Context): void {
  for (const outgoing of state.outbox) if (isCurrent(state, outgoing.packet)) out.messages.push(outgoing);
  state.outbox = [];
}

function isCurrent({ hard: { currentTerm } }: CoreState, packet: UnsignedPacket): boolean {
  switch (packet.kind) {
    case "AppendEntries":
    case "AppendEntriesResponse":
    case "ResendRequest":
    case "RequestVote":
    case "Vote":
      return packet.signed.term === currentTerm;
    case "PreVote":
    case "VoteDeferred":
    case "VoteRefusal":
      return packet.signed.term >= currentTerm;
    case "FetchEntries":
    case "FetchEntriesResponse":
    case "ForwardedRequest":
    case "Evidence":
      return true;
    default:
      return packet satisfies never;
  }
}
