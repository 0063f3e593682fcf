/** The kinds of packets that a replica that lost its disk may sign before it has rejoined (§8.4). */
import type { UnsignedPacket } from "../../protocol/packet.ts";

/** ⚠ §8.4: nothing that a forgotten message could contradict or add to. A new kind of packet does not compile until it is decided here. */
const OF_LEARNER = {
  AppendEntries: false,
  AppendEntriesResponse: false,
  ResendRequest: true,
  PreVote: false,
  RequestVote: false,
  Vote: false,
  VoteRefusal: false,
  VoteDeferred: false,
  FetchEntries: true,
  FetchEntriesResponse: true,
  Checkpoint: false,
  FetchChunks: true,
  FetchChunksResponse: true,
  RollCall: true,
  RollCallAnswer: false,
  HandOver: false,
  ClockStatement: false,
  ForwardedRequest: true,
  Evidence: true,
} as const satisfies Record<UnsignedPacket["kind"], boolean>;

/** Returns whether a learner may sign, or pass on, a packet of `kind`. */
export const learnerMaySign = (kind: UnsignedPacket["kind"]): boolean => OF_LEARNER[kind];
