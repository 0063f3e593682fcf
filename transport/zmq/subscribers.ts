import type { ReadableSocket } from "./zmq_poll.ts";

/**
 * One SUB socket for each publisher, as one channel. Like a ROUTER it takes from its connections in turn and puts before
 * each message whom it came from, here the roster id under which the publisher's address is known.
 */
export class Subscribers implements ReadableSocket {
  #lines: readonly (readonly [name: Uint8Array, socket: ReadableSocket])[] = [];
  readonly #heard = new Set<ReadableSocket>();
  /** Whose turn it is. */
  #next = 0;

  /** Takes from these from now on, by their names. */
  replace(sockets: ReadonlyMap<string, ReadableSocket>): void {
    this.#lines = [...sockets].map(([id, socket]) => [new TextEncoder().encode(id), socket]);
    this.#next = 0;
    const present = new Set(sockets.values());
    for (const socket of this.#heard) if (!present.has(socket)) this.#heard.delete(socket);
  }

  get readable(): boolean {
    // Stays at the one that is: `receive` takes from there.
    for (let asked = 0; asked < this.#lines.length; asked++) {
      if (this.#lines[this.#next]?.[1].readable === true) return true;
      this.#next = (this.#next + 1) % this.#lines.length;
    }
    return false;
  }

  /** Returns whether anything came from `socket` since the last call. */
  takeHeard(socket: ReadableSocket): boolean {
    return this.#heard.delete(socket);
  }

  /** Only after `readable` was true. */
  async receive(): Promise<Uint8Array[]> {
    const line = this.#lines[this.#next];
    if (line === undefined) throw new Error("There is no publisher to receive from");
    const [name, socket] = line;
    this.#next = (this.#next + 1) % this.#lines.length;
    this.#heard.add(socket);
    return [name, ...await socket.receive()];
  }
}

/** The id that {@linkcode Subscribers} put before a message. */
export function publisherOf(name: Uint8Array): string {
  return new TextDecoder().decode(name);
}
