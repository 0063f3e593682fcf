import { LIMITS } from "../replica/core/limits.ts";

/** Bytes of all frames together. */
export function totalBytes(frames: readonly Uint8Array[]): number {
  let total = 0;
  for (const frame of frames) total += frame.byteLength;
  return total;
}

/**
 * Whether a received frame list may go on to the decoder: 1 to `LIMITS.maxFrames` frames, `LIMITS.maxPacketBytes` bytes in
 * all. The routing frame is not part of the list.
 */
export function withinLimits(frames: readonly Uint8Array[]): boolean {
  return frames.length > 0 && frames.length <= LIMITS.maxFrames && totalBytes(frames) <= LIMITS.maxPacketBytes;
}

/** Throws a `RangeError` if there is nothing to send. */
export function assertFrames(frames: readonly Uint8Array[]): void {
  if (frames.length === 0) throw new RangeError("Cannot send 0 frames, want at least 1");
}
