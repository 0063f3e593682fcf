/**
 * The first frame of a packet: version, packet kind, where the packet has a signed body its 64-byte signature, and from epoch 2 on the epoch that
 * its sender is in (§13.6). Epoch 1 is left out, so that there is one encoding of each.
 */
import { SIGNATURE_BYTES } from "../../../protocol/bytes/sizes.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { DecodeError } from "../decode_error.ts";
import { KIND_BYTES, KIND_NAMES, type PacketKind, version, WIRE_VERSION } from "../kinds.ts";
import { Reader } from "../reader.ts";
import { encodeWhole, refine, type Schema, uint53 } from "../schema.ts";
import { formatOf, type LooseFormat, type LoosePacket, type PacketChannel } from "./packet_formats.ts";

export interface Envelope {
  readonly kind: PacketKind;
  /** Empty for a packet without a signed body. */
  readonly signature: Uint8Array;
  /** Null for what is of no epoch: the packets of clients, FetchEpoch, and the ends of epochs. */
  readonly epoch: number | null;
}

const FIRST_EPOCH = 1;

const laterEpoch: Schema<number> = refine(
  uint53,
  (epoch) => epoch > FIRST_EPOCH ? null : `wanted an epoch above 1, got ${epoch}`,
);

/** Returns the bytes of all frames together. */
export const totalBytes = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, frame) => sum + frame.length, 0);

const frameCount = (format: LooseFormat): number => 1 + (format.body ? 1 : 0) + (format.attached ? 1 : 0);

/** Returns the envelope of a packet whose sender is in `epoch`, which a packet of no epoch leaves out. Throws RangeError. */
export function writeEnvelope({ kind, signed }: LoosePacket, epoch: number): Uint8Array {
  const signature = signed?.signature ?? new Uint8Array();
  if (signed !== undefined && signature.length !== SIGNATURE_BYTES) {
    throw new RangeError(
      `cannot encode ${kind}: wanted a signature of ${SIGNATURE_BYTES} bytes, given ${signature.length}`,
    );
  }
  const named = formatOf(kind).ofEpoch && epoch !== FIRST_EPOCH ? encodeWhole(laterEpoch, epoch) : new Uint8Array();
  const envelope = new Uint8Array(2 + signature.length + named.length);
  envelope[0] = WIRE_VERSION;
  envelope[1] = KIND_BYTES[kind];
  envelope.set(signature, 2);
  envelope.set(named, 2 + signature.length);
  return envelope;
}

/** Reads the envelope of a packet of `channel`, or of any. Throws DecodeError. */
export function readEnvelope(frames: readonly Uint8Array[], channel: PacketChannel | null): Envelope {
  checkSize(frames);
  const reader = new Reader(frames[0]!, "envelope");
  reader.field = "version";
  version.read(reader);
  const kind = readKind(reader, channel);
  const format = formatOf(kind);
  const wanted = frameCount(format);
  if (frames.length !== wanted) {
    throw new DecodeError("bad-frames", kind, `wanted ${wanted} frames, got ${frames.length}`);
  }
  reader.field = "signature";
  const signature = reader.raw(format.body === null ? 0 : SIGNATURE_BYTES);
  const epoch = readEpoch(reader, format);
  reader.expectEnd();
  return { kind, signature, epoch };
}

function readKind(reader: Reader, channel: PacketChannel | null): PacketKind {
  reader.field = "kind";
  const byte = reader.u8();
  const kind = KIND_NAMES.get(byte);
  if (kind === undefined) return reader.fail("unknown-kind", `wanted a packet kind, got ${byte}`);
  if (channel !== null && formatOf(kind).channel !== channel) {
    return reader.fail("wrong-kind", `wanted a kind of the ${channel} channel, got ${kind} (${byte})`);
  }
  return kind;
}

function readEpoch(reader: Reader, { ofEpoch }: LooseFormat): number | null {
  if (!ofEpoch) return null;
  reader.field = "epoch";
  return reader.more ? laterEpoch.read(reader) : FIRST_EPOCH;
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

/**
 * Returns the epoch that a packet of a replica names; null for what is of no epoch. It reads the envelope alone, whatever the rest is. Throws
 * DecodeError on an envelope that no decoder takes.
 */
export const epochOf = (frames: readonly Uint8Array[]): number | null => readEnvelope(frames, null).epoch;
