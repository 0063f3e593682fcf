import type { CloseCause } from "./violation.ts";

/** Somebody with a message that has come in part, or whole and not been taken. */
export interface Holder {
  close(cause: CloseCause): void;
}

/**
 * Bytes of messages, unfinished or not taken yet, that many connections hold together. Beyond the bound the one ends that has held on for longest: an honest
 * message is whole in no time, and whoever sends a byte now and then to keep memory occupied is the oldest.
 */
export class HeldBytes {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #holders = new Map<Holder, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes that `holder` holds `bytes` from now on; 0 ends it, and has to follow its close. */
  hold(holder: Holder, bytes: number): void {
    this.#bytes += bytes - (this.#holders.get(holder) ?? 0);
    if (bytes === 0) this.#holders.delete(holder);
    else this.#holders.set(holder, bytes);
    while (this.#bytes > this.#maxBytes) {
      const oldest: Holder = this.#holders.keys().next().value!;
      oldest.close({
        code: "memory",
        detail: `Its unfinished message made room for others: ${this.#bytes} bytes are held`,
      });
      // Whatever it does about it, it holds nothing that counts.
      if (this.#holders.has(oldest)) this.hold(oldest, 0);
    }
  }
}
