import { DROPPED_FACTOR } from "../limits.ts";
import { Violation } from "../violation.ts";

/** Puts the frames of a message together. One that is too large is dropped and counted; one that never ends is a violation. */
export class PacketAssembler {
  /** Messages dropped. */
  refused = 0;
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  #parts: Uint8Array[] = [];
  #keptBytes = 0;
  #frames = 0;
  #bytes = 0;

  constructor({ packetBytes, packetFrames }: { readonly packetBytes: number; readonly packetFrames: number }) {
    this.#maxBytes = packetBytes;
    this.#maxFrames = packetFrames;
  }

  /** Bytes of frames kept of a message that is not whole. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Returns whether the next frame, of `size` bytes, is to be kept; then comes {@linkcode push}, else {@linkcode skip}. */
  admits(size: number): boolean {
    this.#frames++;
    this.#bytes += size;
    if (this.#frames <= this.#maxFrames && this.#bytes <= this.#maxBytes) return true;
    if (this.#frames > this.#maxFrames * DROPPED_FACTOR || this.#bytes > this.#maxBytes * DROPPED_FACTOR) {
      const limits = `${this.#maxFrames} frames and ${this.#maxBytes} bytes`;
      throw new Violation(
        "packet-size",
        `A message of ${this.#frames} frames, ${this.#bytes} bytes and more; want ${limits}`,
      );
    }
    this.#parts = [];
    this.#keptBytes = 0;
    return false;
  }

  /** Adds a frame. Returns the message if it is whole. */
  push(frame: Uint8Array, hasMore: boolean): Uint8Array[] | null {
    if (hasMore) {
      this.#parts.push(frame);
      this.#keptBytes += frame.length;
      return null;
    }
    const parts = this.#parts;
    this.#reset();
    if (parts.length === 0) return [frame];
    parts.push(frame);
    return parts;
  }

  /** Passes over a frame that is not kept. */
  skip(hasMore: boolean): void {
    if (hasMore) return;
    this.refused++;
    this.#reset();
  }

  #reset(): void {
    this.#frames = this.#bytes = this.#keptBytes = 0;
    if (this.#parts.length > 0) this.#parts = [];
  }
}
