/** Generators of well-formed packets of each kind, for every channel. */
import fc from "fast-check";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import { offset } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import type { AnyPacket, PacketKind } from "../../transport/codec/mod.ts";
import {
  bytes,
  certificate,
  checkpointProof,
  digest,
  electionProof,
  entriesFrom,
  entry,
  epoch,
  evidence,
  messages,
  readPart,
  replyPart,
  request,
  signed,
} from "./arbitraries.ts";

type AnyPacketOf<K extends PacketKind> = Extract<AnyPacket, { readonly kind: K }>;
type Arbitrary<T> = fc.Arbitrary<T>;

/** The end of an epoch: its certificate has no links. */
export const epochEnd: Arbitrary<EpochEnd> = fc.record({
  epoch,
  proof: checkpointProof.map(({ stable, commit }) => ({ stable, commit: { ...commit, links: [] } })),
  before: digest,
  entry,
});

const proof = fc.option(electionProof);

const appendEntries: Arbitrary<PacketOf<"AppendEntries">> = signed(messages.AppendEntries).chain((header) => {
  const { prevIndex, entryHashes } = header.message;
  return fc.record({
    kind: fc.constant("AppendEntries" as const),
    signed: fc.constant(header),
    entries: entriesFrom(offset(prevIndex, 1), entryHashes.length),
    proof,
  });
});

const fetched: Arbitrary<PacketOf<"FetchEntriesResponse">> = fc.tuple(signed(messages.FetchEntriesResponse), fc.nat(3))
  .chain(([answer, count]) =>
    fc.record({
      kind: fc.constant("FetchEntriesResponse" as const),
      signed: fc.constant(answer),
      entries: entriesFrom(answer.message.from, count),
      certificate: fc.option(certificate),
      checkpoint: fc.option(checkpointProof),
    })
  );

/** Returns a packet that carries nothing but a signed body. */
const alone = <K extends PacketKind, S>(kind: K, signedPart: Arbitrary<S>) =>
  fc.record({ kind: fc.constant(kind), signed: signedPart });

/** Well-formed packets of each kind. */
export const packets: { readonly [K in PacketKind]: Arbitrary<AnyPacketOf<K>> } = {
  AppendEntries: appendEntries,
  AppendEntriesResponse: alone("AppendEntriesResponse", signed(messages.AppendEntriesResponse)),
  ResendRequest: alone("ResendRequest", signed(messages.ResendRequest)),
  PreVote: fc.record({ kind: fc.constant("PreVote"), signed: signed(messages.PreVote), proof }),
  RequestVote: fc.record({
    kind: fc.constant("RequestVote"),
    signed: signed(messages.RequestVote),
    certificate,
    preVotes: fc.array(signed(messages.PreVote), { maxLength: 4 }),
  }),
  Vote: alone("Vote", signed(messages.Vote)),
  VoteRefusal: fc.record({ kind: fc.constant("VoteRefusal"), signed: signed(messages.VoteRefusal), certificate }),
  VoteDeferred: alone("VoteDeferred", signed(messages.VoteDeferred)),
  HandOver: alone("HandOver", signed(messages.HandOver)),
  ClockStatement: alone("ClockStatement", signed(messages.ClockStatement)),
  FetchEntries: alone("FetchEntries", signed(messages.FetchEntries)),
  FetchEntriesResponse: fetched,
  Checkpoint: alone("Checkpoint", signed(messages.Checkpoint)),
  FetchChunks: alone("FetchChunks", signed(messages.FetchChunks)),
  FetchChunksResponse: fc.record({
    kind: fc.constant("FetchChunksResponse"),
    signed: signed(messages.FetchChunksResponse),
    chunks: fc.array(bytes(100), { maxLength: 4 }),
  }),
  RollCall: alone("RollCall", signed(messages.RollCall)),
  RollCallAnswer: alone("RollCallAnswer", signed(messages.RollCallAnswer)),
  ForwardedRequest: alone("ForwardedRequest", request),
  Evidence: fc.record({ kind: fc.constant("Evidence"), evidence }),
  FetchEpoch: fc.record({ kind: fc.constant("FetchEpoch"), epoch }),
  EpochEnd: fc.record({ kind: fc.constant("EpochEnd"), end: epochEnd, roster: fc.option(bytes(100)) }),
  SendRequest: alone("SendRequest", signed(messages.SendRequest)),
  RegisterSession: alone("RegisterSession", signed(messages.RegisterSession)),
  UpdateLeader: alone("UpdateLeader", request),
  ClientHello: alone("ClientHello", signed(messages.ClientHello)),
  FastReads: alone("FastReads", signed(messages.FastReads)),
  GetCommittedCommand: alone("GetCommittedCommand", signed(messages.GetCommittedCommand)),
  GetStatus: alone("GetStatus", signed(messages.GetStatus)),
  SetActive: alone("SetActive", signed(messages.SetActive)),
  GetCheckpoint: alone("GetCheckpoint", signed(messages.GetCheckpoint)),
  GetChunks: alone("GetChunks", signed(messages.GetChunks)),
  GetEntries: alone("GetEntries", signed(messages.GetEntries)),
  GetEpochs: alone("GetEpochs", signed(messages.GetEpochs)),
  GetFeed: alone("GetFeed", signed(messages.GetFeed)),
  Reply: fc.record({
    kind: fc.constant("Reply"),
    signed: signed(messages.Reply),
    index: fc.nat(LIMITS.maxReplyParts - 1),
    path: fc.array(digest, { maxLength: LIMITS.maxReplyPath }),
    part: replyPart,
  }),
  ReadReply: fc.record({
    kind: fc.constant("ReadReply"),
    signed: signed(messages.Reply),
    index: fc.nat(LIMITS.maxReplyParts - 1),
    path: fc.array(digest, { maxLength: LIMITS.maxReplyPath }),
    part: readPart,
  }),
  QueryReply: alone("QueryReply", signed(messages.QueryReply)),
};
