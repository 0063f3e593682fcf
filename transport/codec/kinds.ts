/** The version and kind bytes that every body and packet starts with. A number is never reused for anything else. */
import type { MessageKind } from "../../protocol/message.ts";
import type { ClientPacket, Packet, ReplyPacket } from "../../protocol/packet.ts";
import type { Schema } from "./schema.ts";

/** Version of bodies, packets and stored values. */
export const WIRE_VERSION = 2;

/** Kinds of packets; most carry the body of the same name. */
export type PacketKind = (Packet | ClientPacket | ReplyPacket)["kind"];

/** The kind byte of each body and packet. */
export const KIND_BYTES: Readonly<Record<MessageKind | PacketKind, number>> = {
  AppendEntries: 1,
  AppendEntriesResponse: 2,
  ResendRequest: 3,
  PreVote: 4,
  RequestVote: 5,
  Vote: 6,
  VoteRefusal: 7,
  VoteDeferred: 8,
  FetchEntries: 9,
  FetchEntriesResponse: 10,
  Checkpoint: 11,
  FetchChunks: 12,
  FetchChunksResponse: 13,
  RollCall: 14,
  RollCallAnswer: 15,
  ForwardedRequest: 16,
  Evidence: 17,
  HandOver: 18,
  FetchEpoch: 19,
  EpochEnd: 20,
  ClockStatement: 21,
  SendRequest: 32,
  ClientHello: 33,
  GetCommittedCommand: 35,
  GetStatus: 36,
  SetActive: 37,
  GetCheckpoint: 38,
  GetChunks: 39,
  GetEntries: 40,
  RegisterSession: 41,
  FastReads: 42,
  GetEpochs: 43,
  GetFeed: 44,
  UpdateLeader: 48,
  Reply: 64,
  QueryReply: 65,
  ReadReply: 66,
};

/** Name of each kind byte, for decoding and for errors. */
export const KIND_NAMES: ReadonlyMap<number, MessageKind | PacketKind> = new Map(
  Object.entries(KIND_BYTES).map(([name, byte]) => [byte, name as MessageKind | PacketKind]),
);

/** The version byte alone. */
export const version: Schema<typeof WIRE_VERSION> = {
  minBytes: 1,
  read: (reader) => {
    const found = reader.u8();
    if (found !== WIRE_VERSION) reader.fail("unknown-version", `wanted version ${WIRE_VERSION}, got ${found}`);
    return WIRE_VERSION;
  },
  write: (writer) => writer.u8(WIRE_VERSION),
};

/** The version byte and the byte of `kind`; reading any other kind is an error. */
export function kindHeader<K extends MessageKind>(kind: K): Schema<K> {
  const byte = KIND_BYTES[kind];
  return {
    minBytes: 2,
    read: (reader) => {
      version.read(reader);
      const found = reader.u8();
      if (found === byte) return kind;
      const name = KIND_NAMES.get(found);
      if (name === undefined) reader.fail("unknown-kind", `wanted ${kind} (${byte}), got ${found}`);
      return reader.fail("wrong-kind", `wanted ${kind} (${byte}), got ${name} (${found})`);
    },
    write: (writer) => {
      writer.u8(WIRE_VERSION);
      writer.u8(byte);
    },
  };
}
