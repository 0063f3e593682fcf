/**
 * Packets as frames (§5.1), their number given by the kind:
 *
 * 1. envelope: version, packet kind and, where the packet has a signed body, its 64-byte signature; from epoch 2 on the epoch;
 * 2. the signed body, byte for byte as it was signed (absent in an Evidence packet, which has no signature of its own);
 * 3. for kinds that carry entries, proofs, certificates or evidence: these, outside the signature.
 *
 * Decoded byte fields are views into the frames: a packet keeps its frames alive, so copy any small part that is to be kept for
 * long.
 */
import { LIMITS } from "../../../protocol/limits.ts";
import type { Message } from "../../../protocol/message.ts";
import type { ClientPacket, Packet, ReplyPacket } from "../../../protocol/packet.ts";
import { DecodeError } from "../decode_error.ts";
import { plainBytes } from "../reader.ts";
import { decodeExactly, encodeWhole, type Schema } from "../schema.ts";
import { readEnvelope, totalBytes, writeEnvelope } from "./envelope.ts";
import { MESSAGES } from "./message.ts";
import { type AnyPacket, type BodyKind, formatOf, type LoosePacket, type PacketChannel } from "./packet_formats.ts";
import { requestBody } from "./request.ts";

/**
 * Returns the packet as frames, of a sender that is in `epoch` (§13.6); its signed bytes are sent as they are. Throws RangeError on one that no
 * receiver would accept.
 */
export function encodePacket(packet: AnyPacket, epoch = 1): Uint8Array[] {
  const loose = packet as LoosePacket;
  const format = formatOf(loose.kind);
  const fault = format.fault(loose);
  if (fault !== null) throw new RangeError(`cannot encode ${loose.kind}: ${fault}`);
  const frames = [writeEnvelope(loose, epoch)];
  if (loose.signed !== undefined) frames.push(loose.signed.body);
  if (format.attached !== null) frames.push(encodeWhole(format.attached as Schema<LoosePacket>, loose));
  const bytes = totalBytes(frames);
  if (bytes > LIMITS.maxPacketBytes) {
    throw new RangeError(`cannot encode ${loose.kind}: wanted at most ${LIMITS.maxPacketBytes} bytes, given ${bytes}`);
  }
  return frames;
}

/** Decodes what a peer sent or published, of whatever epoch (`epochOf`). Throws DecodeError, and nothing else. */
export function decodePeerPacket(frames: readonly Uint8Array[]): Packet {
  return decodePacket(frames, "peer") as Packet;
}

/** Decodes what a client sent. Throws DecodeError, and nothing else. */
export function decodeClientPacket(frames: readonly Uint8Array[]): ClientPacket {
  return decodePacket(frames, "client") as ClientPacket;
}

/** Decodes what a replica answered, in whatever epoch (`epochOf`). Throws DecodeError, and nothing else. */
export function decodeReplyPacket(frames: readonly Uint8Array[]): ReplyPacket {
  return decodePacket(frames, "reply") as ReplyPacket;
}

function decodePacket(frames: readonly Uint8Array[], channel: PacketChannel): LoosePacket {
  const { kind, signature } = readEnvelope(frames, channel);
  const format = formatOf(kind);
  let packet: LoosePacket = { kind };
  if (format.body !== null) {
    const body = plainBytes(frames[1]!);
    const message = decodeExactly(bodyOf(format.body), body, format.body);
    packet = { kind, signed: { message, body, signature } };
  }
  if (format.attached !== null) {
    packet = { ...packet, ...decodeExactly(format.attached, frames.at(-1)!, `${kind} attachment`) };
  }
  const fault = format.fault(packet);
  if (fault !== null) throw new DecodeError("bad-value", kind, fault);
  return packet;
}

const bodyOf = (kind: BodyKind): Schema<Message> =>
  (kind === "request" ? requestBody : MESSAGES[kind]) as Schema<Message>;
