import type { TransportCounters } from "../port.ts";

/** A socket something is sent through. */
export interface SendingSocket {
  readonly writable: boolean;
  send(frames: Uint8Array[]): Promise<void>;
}

/**
 * Sends without waiting, and counts as sent or, if the socket could not queue it, as dropped. The socket has finished
 * with the call when this returns; the counters follow within the same turn of the event loop.
 *
 * Frames above 128 bytes are not copied: they must not be changed afterwards.
 */
export function sendCounted(socket: SendingSocket, frames: readonly Uint8Array[], counters: TransportCounters): void {
  // Asking is cheaper than a refused `send`. It also makes the socket look at the room its receivers have made, which
  // `send` does only about once in a millisecond: without it a burst meets queues that are full no longer.
  if (!socket.writable) {
    counters.dropped++;
    return;
  }
  // The add-on only reads the list.
  socket.send(frames as Uint8Array[]).then(
    () => void counters.sent++,
    () => void counters.dropped++,
  );
}
