/** The format of each kind of packet: its channel, its signed body, and its attachment. */
import { LIMITS } from "../../../protocol/limits.ts";
import type { Message, MessageKind } from "../../../protocol/message.ts";
import type * as p from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { encoded, epoch, hash, signed } from "../fields.ts";
import type { PacketKind } from "../kinds.ts";
import {
  atMost,
  bytes,
  type Fields,
  joined,
  list,
  optional,
  optionals,
  refine,
  type Schema,
  struct,
} from "../schema.ts";
import { certificate, checkpointProof, electionProof } from "./certificate.ts";
import { readPart, replyPart } from "./client_messages.ts";
import { bodyBytes, entry, faultOfRun } from "./entry.ts";
import { epochEnd } from "./epoch_end.ts";
import { evidence } from "./evidence.ts";
import { preVote } from "./peer_messages.ts";

/** Direction of a packet, from peer to peer, client to replica, or replica to client; each kind belongs to one. */
export type PacketChannel = "peer" | "client" | "reply";

export type AnyPacket = p.Packet | p.ClientPacket | p.ReplyPacket;
type PacketOf<K extends PacketKind> = Extract<AnyPacket, { readonly kind: K }>;
type Attached<P> = Omit<P, "kind" | "signed">;

/** The kinds of a packet's body. */
export type BodyKind = MessageKind | "request";

export interface PacketFormat<P> {
  readonly channel: PacketChannel;
  /** Kind of the signed body in the second frame, or either kind of request; null for a packet without a signature of its own. */
  readonly body: BodyKind | null;
  /** True where the envelope names the epoch (§13.6): in all that replicas send but what is of no epoch. */
  readonly ofEpoch: boolean;
  /** Content of the last frame; null where there is none. */
  readonly attached: Schema<Attached<P>> | null;
  /** Describes what is wrong between the body and the attachment; null if nothing is. */
  readonly fault: (packet: P) => string | null;
}

const noFault = (): null => null;

const alone = (channel: PacketChannel, body: BodyKind): PacketFormat<unknown> => ({
  channel,
  body,
  ofEpoch: channel !== "client",
  attached: null,
  fault: noFault,
});

const attachingAll = <P>(
  body: MessageKind | null,
  attached: Schema<Attached<P>>,
  fault: (packet: P) => string | null = noFault,
): PacketFormat<P> => ({ channel: "peer", body, ofEpoch: true, attached, fault });

const attaching = <P>(
  body: MessageKind | null,
  fields: Fields<Attached<P>>,
  fault: (packet: P) => string | null = noFault,
): PacketFormat<P> => attachingAll(body, struct(fields) as Schema<Attached<P>>, fault);

/** §5.1: one entry for each hash, in its place, and no more bytes than one AppendEntries may carry. */
function faultOfAppendEntries({ signed: { message }, entries }: p.PacketOf<"AppendEntries">): string | null {
  const wanted = message.entryHashes.length;
  if (entries.length !== wanted) return `wanted ${wanted} entries, one for each hash, got ${entries.length}`;
  if (bodyBytes(entries) > LIMITS.maxAppendBytes) {
    return `wanted at most ${LIMITS.maxAppendBytes} bytes of entry bodies`;
  }
  return faultOfRun(entries, message.prevIndex + 1);
}

/** §8.1. The checkpoint was added later (§8.3): an answer without one has the same bytes as before. */
const fetched: Schema<Attached<p.PacketOf<"FetchEntriesResponse">>> = joined(
  struct<Pick<p.PacketOf<"FetchEntriesResponse">, "entries">>({ entries: list(entry, LIMITS.maxFetchEntries) }),
  optionals<Pick<p.PacketOf<"FetchEntriesResponse">, "certificate" | "checkpoint">>({
    certificate,
    checkpoint: checkpointProof,
  }),
);

/** Returns the bytes of chunks after the first, which always fits (§8.3). */
function chunkBytesBeyondFirst(chunks: readonly Uint8Array[]): number {
  let sum = 0;
  for (let i = 1; i < chunks.length; i++) sum += chunks[i]!.length;
  return sum;
}

const chunks = refine(
  list(bytes(LIMITS.maxChunkBytes), LIMITS.maxFetchChunks),
  (value) =>
    chunkBytesBeyondFirst(value) <= LIMITS.maxFetchChunkBytes
      ? null
      : `wanted at most ${LIMITS.maxFetchChunkBytes} bytes of chunks beyond the first`,
);

/** §7.2h: the place of a part in the tree of its reply. */
const place = { index: atMost(LIMITS.maxReplyParts - 1), path: list(hash, LIMITS.maxReplyPath) };

/** Every kind of packet in one shape; its format says which further fields a kind has. */
export interface LoosePacket {
  readonly kind: PacketKind;
  readonly signed?: Signed<Message>;
}
export type LooseFormat = PacketFormat<LoosePacket>;

/** The format of each kind of packet. */
export const PACKETS: { readonly [K in PacketKind]: PacketFormat<PacketOf<K>> } = {
  AppendEntries: attaching<p.PacketOf<"AppendEntries">>("AppendEntries", {
    entries: list(entry, LIMITS.maxAppendEntries),
    proof: optional(electionProof),
  }, faultOfAppendEntries),
  AppendEntriesResponse: alone("peer", "AppendEntriesResponse"),
  ResendRequest: alone("peer", "ResendRequest"),
  PreVote: attaching<p.PacketOf<"PreVote">>("PreVote", { proof: optional(electionProof) }),
  RequestVote: attaching<p.PacketOf<"RequestVote">>("RequestVote", {
    certificate,
    preVotes: list(signed("PreVote", preVote), LIMITS.maxReplicas),
  }),
  Vote: alone("peer", "Vote"),
  VoteRefusal: attaching<p.PacketOf<"VoteRefusal">>("VoteRefusal", { certificate }),
  VoteDeferred: alone("peer", "VoteDeferred"),
  FetchEntries: alone("peer", "FetchEntries"),
  FetchEntriesResponse: attachingAll<p.PacketOf<"FetchEntriesResponse">>(
    "FetchEntriesResponse",
    fetched,
    (packet) => faultOfRun(packet.entries, packet.signed.message.from),
  ),
  Checkpoint: alone("peer", "Checkpoint"),
  FetchChunks: alone("peer", "FetchChunks"),
  FetchChunksResponse: attaching<p.PacketOf<"FetchChunksResponse">>("FetchChunksResponse", { chunks }),
  RollCall: alone("peer", "RollCall"),
  RollCallAnswer: alone("peer", "RollCallAnswer"),
  HandOver: alone("peer", "HandOver"),
  ClockStatement: alone("peer", "ClockStatement"),
  ForwardedRequest: alone("peer", "request"),
  Evidence: attaching<p.EvidencePacket>(null, { evidence }),
  FetchEpoch: { ...attaching<p.FetchEpochPacket>(null, { epoch }), ofEpoch: false },
  EpochEnd: {
    ...attaching<p.EpochEndPacket>(null, { end: epochEnd, roster: optional(bytes(LIMITS.maxRosterBytes)) }),
    ofEpoch: false,
  },
  SendRequest: alone("client", "SendRequest"),
  RegisterSession: alone("client", "RegisterSession"),
  UpdateLeader: alone("client", "request"),
  ClientHello: alone("client", "ClientHello"),
  FastReads: alone("client", "FastReads"),
  GetCommittedCommand: alone("client", "GetCommittedCommand"),
  GetStatus: alone("client", "GetStatus"),
  SetActive: alone("client", "SetActive"),
  GetCheckpoint: alone("client", "GetCheckpoint"),
  GetChunks: alone("client", "GetChunks"),
  GetEntries: alone("client", "GetEntries"),
  GetEpochs: alone("client", "GetEpochs"),
  GetFeed: alone("client", "GetFeed"),
  Reply: { ...attaching<p.PartPacket>("Reply", { ...place, part: encoded("ReplyPart", replyPart) }), channel: "reply" },
  QueryReply: alone("reply", "QueryReply"),
  ReadReply: {
    ...attaching<p.ReadPacket>("Reply", { ...place, part: encoded("ReadPart", readPart) }),
    channel: "reply",
  },
};

/** Returns the format of a kind of packet that only its bytes tell. */
export const formatOf = (kind: PacketKind): LooseFormat => PACKETS[kind] as unknown as LooseFormat;
