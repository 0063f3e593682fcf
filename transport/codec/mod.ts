/** The wire and storage encoding; `docs/wire.md` describes it for other languages. */
export {
  type CheckpointAnswer,
  checkpointAnswerCodec,
  chunksAnswerCodec,
  type EntriesAnswer,
  entriesAnswerCodec,
} from "./messages/backup_answers.ts";
export { DecodeError, type DecodeErrorCode } from "./decode_error.ts";
export { decodeRequests, entryOf } from "./messages/entry.ts";
export { epochOf } from "./messages/envelope.ts";
export { epochEndCodec, epochsAnswerCodec } from "./messages/epoch_end.ts";
export { feedAnswerCodec, MAX_REASON_BYTES } from "./messages/feed_answer.ts";
export { type HelloAnswer, helloAnswerCodec } from "./messages/hello_answer.ts";
export { KIND_BYTES, type PacketKind, WIRE_VERSION } from "./kinds.ts";
export { decodeMessage, encodeMessage, encodeReadPart, encodeReplyPart, type MessageOf } from "./messages/message.ts";
export { decodeClientPacket, decodePeerPacket, decodeReplyPacket, encodePacket } from "./messages/packet.ts";
export type { AnyPacket } from "./messages/packet_formats.ts";
export {
  certificateCodec,
  checkpointProofCodec,
  type Codec,
  electionProofCodec,
  entryCodec,
  evidenceCodec,
  queryResultCodec,
} from "./messages/storage.ts";
