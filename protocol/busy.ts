/** The answer `busy` (§7.3m): made by a replica, read by a client. */
import type { Digest, LogIndex, Millis } from "./ids.ts";
import type { BusyAnswer } from "./reply.ts";

/** Bytes of the wait in such an answer. */
export const BUSY_BYTES = 4;
const MOST_MS = 2 ** 32 - 1;

/** Returns the answer of a replica that has applied up to `index`: `request` is not taken, and may be asked again after `waitMs`. */
export function busyAnswer(request: Digest, index: LogIndex, waitMs: Millis): BusyAnswer {
  const result = new Uint8Array(BUSY_BYTES);
  new DataView(result.buffer).setUint32(0, Math.min(MOST_MS, Math.max(0, Math.ceil(waitMs))));
  return { request, outcome: "busy", index, result };
}

/** Returns the milliseconds that a well-formed answer names. */
export const waitOf = ({ result }: BusyAnswer): Millis =>
  new DataView(result.buffer, result.byteOffset, BUSY_BYTES).getUint32(0);
