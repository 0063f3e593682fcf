import { LIMITS } from "../protocol/limits.ts";
import type { Channel } from "./port.ts";

/** Bytes of all frames of one packet, by channel, and of an answer. A larger frame ends its connection. */
export const MAX_PACKET_BYTES: Readonly<Record<Channel | "answer", number>> = {
  peer: LIMITS.maxPacketBytes,
  /** Above the largest evidence: a header and the entries of one AppendEntries, {@linkcode LIMITS.maxAppendBytes} of bodies. */
  published: 2 * 1024 * 1024,
  /** Above one signed command of {@linkcode LIMITS.maxCommandBytes} with its frames. */
  client: 128 * 1024,
  answer: LIMITS.maxPacketBytes,
};

/** Returns the bytes of all frames together. */
export function totalBytes(frames: readonly Uint8Array[]): number {
  let total = 0;
  for (const frame of frames) total += frame.byteLength;
  return total;
}

/**
 * Returns whether a received frame list may go on to the decoder: 1 to `LIMITS.maxFrames` frames, at most `maxBytes` bytes in all. The
 * routing frame is not part of the list.
 */
export function withinLimits(frames: readonly Uint8Array[], maxBytes: number): boolean {
  return frames.length > 0 && frames.length <= LIMITS.maxFrames && totalBytes(frames) <= maxBytes;
}

/** Throws a `RangeError` if there is nothing to send. */
export function assertFrames(frames: readonly Uint8Array[]): void {
  if (frames.length === 0) throw new RangeError("Cannot send 0 frames, want at least 1");
}
