/**
 * Packets as frames (§5.1), their number given by the kind:
 *
 * 1. envelope: version, packet kind and, where the packet has a signed body, its 64-byte signature;
 * 2. the signed body, byte for byte as it was signed (absent in an Evidence packet, which has no signature of its own);
 * 3. for kinds that carry entries, proofs, certificates or evidence: these, outside the signature.
 *
 * Decoded byte fields are views into the frames: a packet keeps its frames alive, so copy any small part that is to be kept for
 * long.
 */
import { SIGNATURE_BYTES } from "../../../protocol/bytes/sizes.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Message } from "../../../protocol/message.ts";
import type { ClientPacket, Packet, ReplyPacket } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { DecodeError } from "../decode_error.ts";
import { KIND_BYTES, KIND_NAMES, type PacketKind, version, WIRE_VERSION } from "../kinds.ts";
import { plainBytes, Reader } from "../reader.ts";
import { decodeExactly, encodeWhole, type Schema } from "../schema.ts";
import { MESSAGES } from "./message.ts";
import { type AnyPacket, type BodyKind, type PacketChannel, type PacketFormat, PACKETS } from "./packet_formats.ts";
import { requestBody } from "./request.ts";

/** Every kind of packet in one shape; its format says which further fields a kind has. */
interface LoosePacket {
  readonly kind: PacketKind;
  readonly signed?: Signed<Message>;
}
type LooseFormat = PacketFormat<LoosePacket>;

const formatOf = (kind: PacketKind): LooseFormat => PACKETS[kind] as unknown as LooseFormat;

const frameCount = (format: LooseFormat): number => 1 + (format.body ? 1 : 0) + (format.attached ? 1 : 0);

const totalBytes = (frames: readonly Uint8Array[]): number => frames.reduce((sum, frame) => sum + frame.length, 0);

/** Returns the packet as frames; its signed bytes are sent as they are. Throws RangeError on one that no receiver would accept. */
export function encodePacket(packet: AnyPacket): Uint8Array[] {
  const loose = packet as LoosePacket;
  const format = formatOf(loose.kind);
  const fault = format.fault(loose);
  if (fault !== null) throw new RangeError(`cannot encode ${loose.kind}: ${fault}`);
  const frames = [envelopeOf(loose)];
  if (loose.signed !== undefined) frames.push(loose.signed.body);
  if (format.attached !== null) frames.push(encodeWhole(format.attached as Schema<LoosePacket>, loose));
  const bytes = totalBytes(frames);
  if (bytes > LIMITS.maxPacketBytes) {
    throw new RangeError(`cannot encode ${loose.kind}: wanted at most ${LIMITS.maxPacketBytes} bytes, given ${bytes}`);
  }
  return frames;
}

function envelopeOf({ kind, signed }: LoosePacket): Uint8Array {
  const signature = signed?.signature ?? new Uint8Array();
  if (signed !== undefined && signature.length !== SIGNATURE_BYTES) {
    throw new RangeError(
      `cannot encode ${kind}: wanted a signature of ${SIGNATURE_BYTES} bytes, given ${signature.length}`,
    );
  }
  const envelope = new Uint8Array(2 + signature.length);
  envelope[0] = WIRE_VERSION;
  envelope[1] = KIND_BYTES[kind];
  envelope.set(signature, 2);
  return envelope;
}

/** Decodes what a peer sent or published. Throws DecodeError, and nothing else. */
export function decodePeerPacket(frames: readonly Uint8Array[]): Packet {
  return decodePacket(frames, "peer") as Packet;
}

/** Decodes what a client sent. Throws DecodeError, and nothing else. */
export function decodeClientPacket(frames: readonly Uint8Array[]): ClientPacket {
  return decodePacket(frames, "client") as ClientPacket;
}

/** Decodes what a replica answered. Throws DecodeError, and nothing else. */
export function decodeReplyPacket(frames: readonly Uint8Array[]): ReplyPacket {
  return decodePacket(frames, "reply") as ReplyPacket;
}

function decodePacket(frames: readonly Uint8Array[], channel: PacketChannel): LoosePacket {
  const envelope = readEnvelope(frames, channel);
  const { kind, signature } = envelope;
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

interface Envelope {
  readonly kind: PacketKind;
  /** Empty for a packet without a signed body. */
  readonly signature: Uint8Array;
}

function readEnvelope(frames: readonly Uint8Array[], channel: PacketChannel): Envelope {
  checkSize(frames);
  const reader = new Reader(frames[0]!, "envelope");
  reader.field = "version";
  version.read(reader);
  reader.field = "kind";
  const byte = reader.u8();
  const kind = KIND_NAMES.get(byte);
  if (kind === undefined) return reader.fail("unknown-kind", `wanted a packet kind, got ${byte}`);
  const format = formatOf(kind);
  if (format.channel !== channel) {
    return reader.fail("wrong-kind", `wanted a kind of the ${channel} channel, got ${kind} (${byte})`);
  }
  const wanted = frameCount(format);
  if (frames.length !== wanted) {
    throw new DecodeError("bad-frames", kind, `wanted ${wanted} frames, got ${frames.length}`);
  }
  reader.field = "signature";
  const signature = reader.raw(format.body === null ? 0 : SIGNATURE_BYTES);
  reader.expectEnd();
  return { kind, signature };
}

function checkSize(frames: readonly Uint8Array[]): void {
  if (frames.length === 0 || frames.length > LIMITS.maxFrames) {
    throw new DecodeError("bad-frames", "packet", `wanted 1 to ${LIMITS.maxFrames} frames, got ${frames.length}`);
  }
  const bytes = totalBytes(frames);
  if (bytes > LIMITS.maxPacketBytes) {
    throw new DecodeError("too-large", "packet", `wanted at most ${LIMITS.maxPacketBytes} bytes, got ${bytes}`);
  }
}
