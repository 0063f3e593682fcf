/** The packets that may still be signed (§4.3): once currentTerm is raised, nothing of a lower term leaves, ever. */
import type { UnsignedPacket } from "../../protocol/packet.ts";
import type { Context } from "./context.ts";
import { learnerMaySign } from "./learner.ts";
import type { Outgoing } from "./output.ts";
import type { CoreState } from "./state.ts";

/** Outputs the packets composed since the last flush that still belong to the current term, and that a learner may sign (§8.4). */
export function release({ state, out }: Context): void {
  const mayLeave = ({ packet }: Outgoing): boolean =>
    isCurrent(state, packet) && (state.hard.recovery === null || learnerMaySign(packet.kind));
  for (const outgoing of state.outbox) if (mayLeave(outgoing)) out.messages.push(outgoing);
  state.outbox = [];
}

function isCurrent(
  { hard: { currentTerm }, checkpoints: { stableProof } }: CoreState,
  packet: UnsignedPacket,
): boolean {
  switch (packet.kind) {
    case "AppendEntries":
    case "AppendEntriesResponse":
    case "ResendRequest":
    case "RequestVote":
    case "Vote":
    case "HandOver":
      return packet.signed.term === currentTerm;
    case "PreVote":
    case "VoteDeferred":
    case "VoteRefusal":
      return packet.signed.term >= currentTerm;
    case "FetchEntries":
    case "FetchEntriesResponse":
    case "FetchChunks":
    case "FetchChunksResponse":
    case "RollCall":
    case "RollCallAnswer":
    case "ClockStatement":
    case "ForwardedRequest":
    case "Evidence":
      return true;
    case "Checkpoint": // overtaken since: its entry may be off the log
      return packet.signed.index >= (stableProof?.stable.index ?? 0);
    default:
      return packet satisfies never;
  }
}
