import type { TransportCounters } from "./port.ts";

/** A socket something is sent through. */
export interface SendingSocket {
  send(frames: Uint8Array[]): Promise<void>;
}

/**
 * Sends without waiting, and counts as sent or, if the socket could not queue it, as dropped. The socket has finished
 * with the call when this returns; the counters follow within the same turn of the event loop.
 *
 * Frames above 128 bytes are not copied: they must not be changed afterwards.
 */
export function sendCounted(socket: SendingSocket, frames: readonly Uint8Array[], counters: TransportCounters): void {
  if (frames.length === 0) throw new RangeError("Cannot send 0 frames, want at least 1");
  // The add-on only reads the list.
  socket.send(frames as Uint8Array[]).then(
    () => void counters.sent++,
    () => void counters.dropped++,
  );
}

/** As {@linkcode sendCounted}, and asks a DEALER first whether it has room, which is cheaper than its refusal. */
export function sendIfWritable(
  socket: SendingSocket & { readonly writable: boolean },
  frames: readonly Uint8Array[],
  counters: TransportCounters,
): void {
  if (socket.writable) sendCounted(socket, frames, counters);
  else counters.dropped++;
}
