/** The wire and storage encoding; `docs/wire.md` describes it for other languages. */
export {
  type CheckpointAnswer,
  checkpointAnswerCodec,
  chunksAnswerCodec,
  type EntriesAnswer,
  entriesAnswerCodec,
} from "./backup_answers.ts";
export { DecodeError, type DecodeErrorCode } from "./decode_error.ts";
export { decodeRequests, entryOf } from "./entry.ts";
export { KIND_BYTES, type PacketKind, WIRE_VERSION } from "./kinds.ts";
export { decodeMessage, encodeMessage, type MessageOf } from "./message.ts";
export { decodeClientPacket, decodePeerPacket, decodeReplyPacket, encodePacket } from "./packet.ts";
export type { AnyPacket } from "./packet_formats.ts";
export {
  certificateCodec,
  checkpointProofCodec,
  type Codec,
  electionProofCodec,
  entryCodec,
  evidenceCodec,
  queryResultCodec,
} from "./storage.ts";
