/** Bodies of every kind of signed message: encoding for signing, strict decoding of what was signed (§2.2). */
import type { Message, MessageKind, ReadPart, ReplyPart } from "../../../protocol/message.ts";
import { decodeExactly, encodeWhole, type Schema } from "../schema.ts";
import * as client from "./client_messages.ts";
import * as peer from "./peer_messages.ts";
import * as recovery from "./recovery_messages.ts";

/** The message of one kind. */
export type MessageOf<K extends MessageKind> = Extract<Message, { kind: K }>;

/** The schema of each kind's body. */
export const MESSAGES: { readonly [K in MessageKind]: Schema<MessageOf<K>> } = {
  AppendEntries: peer.appendEntries,
  AppendEntriesResponse: peer.appendEntriesResponse,
  ResendRequest: peer.resendRequest,
  PreVote: peer.preVote,
  RequestVote: peer.requestVote,
  Vote: peer.vote,
  VoteRefusal: peer.voteRefusal,
  VoteDeferred: peer.voteDeferred,
  FetchEntries: peer.fetchEntries,
  FetchEntriesResponse: peer.fetchEntriesResponse,
  Checkpoint: recovery.checkpoint,
  FetchChunks: recovery.fetchChunks,
  FetchChunksResponse: recovery.fetchChunksResponse,
  RollCall: recovery.rollCall,
  RollCallAnswer: recovery.rollCallAnswer,
  HandOver: peer.handOver,
  ClockStatement: peer.clockStatement,
  SendRequest: client.sendRequest,
  RegisterSession: client.registerSession,
  ClientHello: client.clientHello,
  FastReads: client.fastReads,
  GetCommittedCommand: client.getCommittedCommand,
  GetStatus: client.getStatus,
  SetActive: client.setActive,
  GetCheckpoint: client.getCheckpoint,
  GetChunks: client.getChunks,
  GetEntries: client.getEntries,
  GetEpochs: client.getEpochs,
  GetFeed: client.getFeed,
  Reply: client.reply,
  QueryReply: client.queryReply,
};

/**
 * Returns the body bytes of `message`, to be signed; equal messages have equal bytes (§4.2, §6.5). Throws RangeError on a message that
 * breaks its limits: no replica would accept it.
 */
export function encodeMessage(message: Message): Uint8Array {
  return encodeWhole(MESSAGES[message.kind] as Schema<Message>, message);
}

/** Returns the bytes of a part of a reply, a leaf of its tree (§7.2h). Throws RangeError on one that breaks its limits. */
export const encodeReplyPart = (part: ReplyPart): Uint8Array => encodeWhole(client.replyPart, part);

/** Likewise of a part with answers to fast reads (§7.4). */
export const encodeReadPart = (part: ReadPart): Uint8Array => encodeWhole(client.readPart, part);

/**
 * Returns the message of `kind` in `body`. Byte fields are views into `body`, which must not change afterwards. Throws DecodeError, and
 * nothing else, on any bytes that `encodeMessage` does not write for that kind.
 */
export function decodeMessage<K extends MessageKind>(kind: K, body: Uint8Array): MessageOf<K> {
  return decodeExactly(MESSAGES[kind] as Schema<MessageOf<K>>, body, kind);
}
