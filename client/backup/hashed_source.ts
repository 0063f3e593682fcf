/** Reads bytes in sequence and checks at the end that the digest behind them is theirs. */
import { createHash } from "node:crypto";
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";

/** A source of a backup's bytes; a `Deno.FsFile` is one. */
export interface ByteSource {
  /** Reads at most `into.length` bytes and returns how many; null at the end. */
  readSync(into: Uint8Array): number | null;
}

/** Returns a source that reads from memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    readSync(into) {
      if (at === bytes.length) return null;
      const count = Math.min(into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
  };
}

/** The digest stored at the end, and the digest of all bytes before it. */
export interface EndDigests {
  readonly said: string;
  readonly found: string;
}

const BLOCK_BYTES = 256 * 1024;

export class HashedSource {
  readonly #source: ByteSource;
  readonly #hash = createHash("sha256");
  /** Bytes read but not handed out yet. */
  #block: Uint8Array = new Uint8Array(0);
  /** The last bytes read, left out of the digest until others follow: they may be the stored digest itself. */
  #tail: Uint8Array = new Uint8Array(0);
  #size = 0;
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Bytes handed out so far. */
  get at(): number {
    return this.#size - this.#block.length;
  }

  /** Returns the next `length` bytes; null if fewer are left. The caller bounds `length` before any memory is allocated for it. */
  take(length: number): Uint8Array | null {
    const taken = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#block.length === 0 && !this.#read()) return null;
      const part = this.#block.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      this.#block = this.#block.subarray(part.length);
    }
    return taken;
  }

  /** True once all bytes have been handed out. */
  get done(): boolean {
    return this.#block.length === 0 && !this.#read();
  }

  /** Reads the rest and returns both digests. Nothing may be read afterwards. */
  end(): EndDigests {
    while (this.#read()) this.#block = new Uint8Array(0);
    return { said: this.#tail.toHex(), found: this.#hash.digest("hex") };
  }

  /** Reads the next block in place of the last one, which is used up. */
  #read(): boolean {
    if (this.#ended) return false;
    const block = new Uint8Array(BLOCK_BYTES);
    const count = this.#source.readSync(block);
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#block = block.subarray(0, count);
    this.#size += count;
    this.#digest(this.#block);
    return true;
  }

  #digest(block: Uint8Array): void {
    const held = new Uint8Array(this.#tail.length + block.length);
    held.set(this.#tail);
    held.set(block, this.#tail.length);
    const end = Math.max(0, held.length - DIGEST_BYTES);
    this.#hash.update(held.subarray(0, end));
    this.#tail = held.slice(end);
  }
}
