/** A writer for many values, one after another. */
import { ByteWriter } from "./byte_writer.ts";

export class ScratchWriter extends ByteWriter {
  readonly #capacity: number;
  readonly #keptBytes: number;

  /** Makes room for `capacity` bytes at first; a buffer above `keptBytes` is not kept for the next value. */
  constructor(capacity: number, keptBytes: number) {
    super(capacity);
    this.#capacity = capacity;
    this.#keptBytes = keptBytes;
  }

  /** Forgets what was written. */
  reset(): void {
    this.at = 0;
    if (this.buffer.length > this.#keptBytes) this.resize(this.#capacity);
  }

  /** A copy of what was written; the writer is empty afterwards. */
  override finish(): Uint8Array {
    const result = this.buffer.slice(0, this.at);
    this.reset();
    return result;
  }
}
