/**
 * Signs of life of a replica that has nothing to say. While a cluster is idle only its leader speaks (§5.7), and a follower that dies
 * would be missed at the next write only. So the latest AppendEntriesResponse is published once more, byte for byte, whenever nothing was
 * published for an election timeout: it promises nothing new, is not signed again, and its signature is known to whoever heard it before.
 */
import type { Packet } from "../../protocol/packet.ts";

export class SignsOfLife {
  readonly #intervalMs: number;
  readonly #publish: (frames: readonly Uint8Array[]) => void;
  #latest: readonly Uint8Array[] | null = null;
  #at = -Infinity;

  constructor(intervalMs: number, publish: (frames: readonly Uint8Array[]) => void) {
    this.#intervalMs = intervalMs;
    this.#publish = publish;
  }

  /** Records that a packet was published at `now`. */
  published(kind: Packet["kind"], frames: readonly Uint8Array[], now: number): void {
    this.#at = now;
    if (kind === "AppendEntriesResponse") this.#latest = frames;
  }

  /** Publishes the latest response again if it is time. */
  look(now: number): void {
    if (this.#latest === null || now - this.#at < this.#intervalMs) return;
    this.#at = now;
    this.#publish(this.#latest);
  }
}
