/**
 * The core: `step(state, input, ports)` changes `state` and returns the outputs to execute. It never throws on anything a peer or client
 * sent; it throws {@linkcode InvariantError} if its own rules are broken, and then the replica stops.
 */
import type { Packet } from "../../protocol/packet.ts";
import type { Ports } from "../../protocol/ports.ts";
import { onFetchChunks } from "./catch_up/on_fetch_chunks.ts";
import { onFetchChunksResponse } from "./catch_up/on_fetch_chunks_response.ts";
import { onFetchEntries } from "./catch_up/on_fetch_entries.ts";
import { onFetchEntriesResponse } from "./catch_up/on_fetch_entries_response.ts";
import { onRollCall } from "./catch_up/on_roll_call.ts";
import { onRollCallAnswer } from "./catch_up/on_roll_call_answer.ts";
import { onCheckpoint } from "./checkpoints/on_checkpoint.ts";
import { onApply } from "./clients/on_apply.ts";
import { onForwardedRequest } from "./clients/on_forwarded_request.ts";
import { onRequest } from "./clients/on_request.ts";
import { type Context, emptyOutputs } from "./context.ts";
import { onPreVote } from "./election/on_pre_vote.ts";
import { onRequestVote } from "./election/on_request_vote.ts";
import { onVote } from "./election/on_vote.ts";
import { onVoteDeferred } from "./election/on_vote_deferred.ts";
import { onVoteRefusal } from "./election/on_vote_refusal.ts";
import { onEpochEnd } from "./epochs/on_epoch_end.ts";
import type { Input } from "./input.ts";
import { onHandOver } from "./offices/on_hand_over.ts";
import { onLeave } from "./offices/on_leave.ts";
import { onBadEntry } from "./on_bad_entry.ts";
import { onEvidence } from "./on_evidence.ts";
import { onFlush } from "./on_flush.ts";
import { onSnapshot } from "./on_snapshot.ts";
import { onTick } from "./on_tick.ts";
import type { Outputs } from "./output.ts";
import { onAppendEntries } from "./replication/on_append_entries.ts";
import { onAppendEntriesResponse } from "./replication/on_append_entries_response.ts";
import { onResendRequest } from "./replication/on_resend_request.ts";
import type { CoreState } from "./state.ts";
import { onClockStatement } from "./time/on_clock_statement.ts";
import { ignore, type Verdict } from "./verdict.ts";

/** Handles one input. Packets for others are composed along the way and output by the next `flush`. */
export function step(state: CoreState, input: Input, ports: Ports): Outputs {
  const context: Context = { state, ports, now: input.now, out: emptyOutputs() };
  context.out.verdict = handle(context, input);
  return context.out;
}

function handle(context: Context, input: Input): Verdict {
  if (context.state.ended !== null && input.kind !== "flush") return ignore("epoch-ended");
  switch (input.kind) {
    case "packet":
      return handlePacket(context, input.packet);
    case "bad-entry":
      return onBadEntry(context, input);
    case "request":
      return onRequest(context, input);
    case "tick":
      return onTick(context, input.lateMs);
    case "flush":
      return onFlush(context);
    case "apply":
      return onApply(context, input.limit);
    case "leave":
      return onLeave(context, input.reason);
    case "snapshot":
      return onSnapshot(context, input.maxBytes);
    default:
      return input satisfies never;
  }
}

function handlePacket(context: Context, packet: Packet): Verdict {
  switch (packet.kind) {
    case "AppendEntries":
      return onAppendEntries(context, packet);
    case "AppendEntriesResponse":
      return onAppendEntriesResponse(context, packet.signed);
    case "ResendRequest":
      return onResendRequest(context, packet.signed.message);
    case "PreVote":
      return onPreVote(context, packet);
    case "RequestVote":
      return onRequestVote(context, packet);
    case "Vote":
      return onVote(context, packet.signed);
    case "VoteRefusal":
      return onVoteRefusal(context, packet);
    case "VoteDeferred":
      return onVoteDeferred(context, packet.signed.message);
    case "FetchEntries":
      return onFetchEntries(context, packet.signed.message);
    case "FetchEntriesResponse":
      return onFetchEntriesResponse(context, packet);
    case "Checkpoint":
      return onCheckpoint(context, packet.signed);
    case "FetchChunks":
      return onFetchChunks(context, packet.signed.message);
    case "FetchChunksResponse":
      return onFetchChunksResponse(context, packet);
    case "RollCall":
      return onRollCall(context, packet.signed.message);
    case "RollCallAnswer":
      return onRollCallAnswer(context, packet.signed.message);
    case "HandOver":
      return onHandOver(context, packet.signed);
    case "ClockStatement":
      return onClockStatement(context, packet.signed);
    case "ForwardedRequest":
      return onForwardedRequest(context, packet.signed);
    case "Evidence":
      return onEvidence(context, packet.evidence);
    case "FetchEpoch":
      return ignore("of-no-epoch");
    case "EpochEnd":
      return onEpochEnd(context, packet.end);
    default:
      return packet satisfies never;
  }
}
