/** The subjects of a transcript's lines: packets by their kind, and what replicas report apart from those. */
import type { Packet } from "../../protocol/packet.ts";

/** `state`: a replica's current state; `reply`: an answer to a client; `event`: something done with a snapshot, or as a learner. */
export type LineKind = Packet["kind"] | "state" | "reply" | "event";

const PACKETS: Readonly<Record<Packet["kind"], true>> = {
  AppendEntries: true,
  AppendEntriesResponse: true,
  ResendRequest: true,
  PreVote: true,
  RequestVote: true,
  Vote: true,
  VoteRefusal: true,
  VoteDeferred: true,
  FetchEntries: true,
  FetchEntriesResponse: true,
  Checkpoint: true,
  FetchChunks: true,
  FetchChunksResponse: true,
  RollCall: true,
  RollCallAnswer: true,
  HandOver: true,
  ClockStatement: true,
  ForwardedRequest: true,
  Evidence: true,
  FetchEpoch: true,
  EpochEnd: true,
};

export const PACKET_KINDS: readonly string[] = Object.keys(PACKETS);
export const LINE_KINDS: readonly string[] = [...PACKET_KINDS, "state", "reply", "event"];
