/** Words of ZMTP, right and wrong, as bytes. */
import { bytes, commandFrame, frame, greetingOf, property, uint64 } from "../../transport/zmtp/hostile_lab.ts";
import type { Door, Scene } from "./scene.ts";

/** Sizes that overflow, wrap or are merely too large. */
export const SIZES = [2n ** 31n, 2n ** 32n, 2n ** 48n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 38n, 2n ** 64n - 1n];

/** Returns the type of socket that talks to a port. */
export const typeFor = (door: Door): "SUB" | "DEALER" => door === "publish" ? "SUB" : "DEALER";

/**
 * Returns how a stranger begins: in clear with a whole handshake, and with CURVE, for which he has no key, with the greeting alone.
 */
export function opening({ plaintext }: Pick<Scene, "plaintext">, door: Door): Uint8Array {
  if (!plaintext) return greetingOf("CURVE");
  return bytes(greetingOf("NULL"), commandFrame("READY", property("Socket-Type", typeFor(door))));
}

/** Returns a part of a message that others are to follow. */
export const part = (size: number): Uint8Array => frame(size > 255 ? 3 : 1, new Uint8Array(size));

/** Returns the header of a frame that announces `size` bytes. */
export const announced = (size: bigint, flags = 2): Uint8Array => bytes(flags, uint64(size));

/** Returns a PING with the longest context there may be. */
export const ping = (): Uint8Array => commandFrame("PING", 0, 0, new Uint8Array(16));

/** Returns a subscription to a random topic, in the words of version 3.0 where it is long. */
export function subscription(topicBytes: number): Uint8Array {
  const topic = crypto.getRandomValues(new Uint8Array(topicBytes));
  return topicBytes < 240 ? commandFrame("SUBSCRIBE", topic) : frame(2, bytes(1, topic));
}

/** Returns `piece` so many times that it makes about `size` bytes. */
export const repeated = (piece: Uint8Array, size: number): Uint8Array =>
  bytes(...Array.from({ length: Math.max(1, Math.floor(size / piece.length)) }, () => piece));
