/**
 * The core: `step(state, input, ports)` changes `state` and returns what is to be done. It never throws on what a peer
 * or client sent; it throws {@linkcode InvariantError} when its own rules are broken, and then the replica stops.
 */
import { onEvidence } from "./accuse.ts";
import { publishResponse, wantsRepeat } from "./replication/acks.ts";
import { onFetchEntriesResponse, tendCatchUp } from "./catch_up/catch_up.ts";
import { onCheckpoint, tendCheckpoints, writeSnapshot } from "./checkpoints/checkpoints.ts";
import { type Context, emptyOutputs } from "./context.ts";
import { campaignWhenDue, onPreVote, requestVotes } from "./election/election.ts";
import type { BadEntryInput, Input } from "./input.ts";
import { tendInterventions } from "./clients/interventions.ts";
import { onAppendEntries } from "./replication/on_append_entries.ts";
import { onApply } from "./clients/on_apply.ts";
import { installSnapshot } from "./catch_up/install_snapshot.ts";
import { onFetchChunks } from "./catch_up/on_fetch_chunks.ts";
import { onFetchEntries } from "./catch_up/on_fetch_entries.ts";
import { onRequest } from "./clients/on_request.ts";
import { onResponse } from "./replication/on_response.ts";
import type { Outputs } from "./output.ts";
import { release } from "./outbox.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import type { Ports } from "../../protocol/ports.ts";
import { onResendRequest, proposeRequests, replicate } from "./replication/replication.ts";
import { onRollCall, onRollCallAnswer, tendRecovery } from "./catch_up/recovery.ts";
import type { CoreState } from "./state.ts";
import { onFetchChunksResponse, tendTransfer } from "./catch_up/state_transfer.ts";
import { publishPreVote, updateSuspicion } from "./election/suspicion.ts";
import { ACCEPT, reject, type Verdict } from "./verdict.ts";
import { answerRequests, onRequestVote, onVote, onVoteDeferred, onVoteRefusal } from "./election/voting.ts";

/** Handles one input. Packets for others are composed along the way and handed out by the next `flush`. */
export function step(state: CoreState, input: Input, ports: Ports): Outputs {
  const context: Context = { state, ports, now: input.now, out: emptyOutputs() };
  context.out.verdict = handle(context, input);
  return context.out;
}

function handle(context: Context, input: Input): Verdict {
  switch (input.kind) {
    case "packet":
      return handlePacket(context, input.packet);
    case "bad-entry":
      return onBadEntry(context, input);
    case "request":
      return onRequest(context, input);
    case "tick":
      return onTick(context);
    case "flush":
      return onFlush(context);
    case "apply":
      return onApply(context, input.limit);
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
      return onResponse(context, packet.signed);
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
    case "ForwardedRequest":
      return onForwarded(context, packet.signed);
    case "Evidence":
      return onEvidence(context, packet.evidence);
    default:
      return packet satisfies never;
  }
}

/** A request a replica passed on is queued by the leader and answered by nobody here; its client asked elsewhere. */
function onForwarded(context: Context, signed: PacketOf<"ForwardedRequest">["signed"]): Verdict {
  const request = signed as Extract<Input, { kind: "request" }>["request"];
  return onRequest(context, { kind: "request", request, intervention: false, via: context.state.config.self });
}

/** §3.2: an entry with one bad request is evidence against the leader that signed its hash, and is not appended. */
function onBadEntry(context: Context, { packet, position }: BadEntryInput): Verdict {
  const { leader } = packet.signed.message;
  const entries = packet.entries.slice(0, position + 1);
  const evidence = { kind: "bad-entry", culprit: leader, header: packet.signed, entries } as const;
  const verdict = onEvidence(context, evidence);
  return verdict.verdict === "accept" ? reject("bad-entry", leader) : verdict;
}

function onTick(context: Context): Verdict {
  const { state } = context;
  tendInterventions(context);
  updateSuspicion(context);
  publishPreVote(context);
  answerRequests(context);
  campaignWhenDue(context);
  if (state.election.candidacy) requestVotes(context, state.election.candidacy);
  tendCatchUp(context);
  tendTransfer(context);
  tendCheckpoints(context);
  tendRecovery(context);
  return ACCEPT;
}

/** A snapshot fetched whole is installed first: one in writing is of no use then (§8.3). */
function onSnapshot(context: Context, maxBytes: number): Verdict {
  const { transfer } = context.state;
  if (transfer?.complete) installSnapshot(context, transfer);
  else writeSnapshot(context, maxBytes);
  return ACCEPT;
}

function onFlush(context: Context): Verdict {
  const { state, now } = context;
  if (state.leadership) {
    proposeRequests(context);
    replicate(context, state.leadership);
  }
  const repeat = now >= state.publication.repeatAt && wantsRepeat(state);
  if (state.publication.due || repeat) publishResponse(context);
  release(context);
  return ACCEPT;
}
