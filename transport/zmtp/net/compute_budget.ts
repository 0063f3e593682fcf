import { TokenBucket } from "../connection/token_bucket.ts";
import type { Ticker } from "./ticker.ts";

/** A connection that waits for leave to compute. */
export interface Waiting {
  readonly address: string;
  /** Goes on: the next question is answered with yes. */
  granted(): void;
}

const RETRY_MS = 20;

/** Shares out what is computed for strangers, a handshake each, in turn over their addresses. */
export class ComputeBudget {
  readonly #bucket: TokenBucket;
  readonly #ticker: Ticker;
  readonly #waiting = new Map<string, Set<Waiting>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(perSecond: number, burst: number, ticker: Ticker) {
    this.#bucket = new TokenBucket(perSecond, burst, ticker.now());
    this.#ticker = ticker;
  }

  /** Returns whether somebody may be computed for right now: nobody waits, and something is left. */
  take(): boolean {
    return this.#waiting.size === 0 && this.#bucket.take(this.#ticker.now());
  }

  wait(waiting: Waiting): void {
    const sameAddress = this.#waiting.get(waiting.address) ?? new Set();
    this.#waiting.set(waiting.address, sameAddress.add(waiting));
    this.#timer ??= setTimeout(() => this.#grant(), RETRY_MS);
  }

  forget(waiting: Waiting): void {
    const sameAddress = this.#waiting.get(waiting.address);
    sameAddress?.delete(waiting);
    if (sameAddress?.size === 0) this.#waiting.delete(waiting.address);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #grant(): void {
    while (this.#waiting.size > 0 && this.#bucket.take(this.#ticker.now())) {
      const [address, sameAddress] = this.#waiting.entries().next().value!;
      const [next] = sameAddress;
      this.#waiting.delete(address);
      sameAddress.delete(next!);
      if (sameAddress.size > 0) this.#waiting.set(address, sameAddress);
      next!.granted();
    }
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#grant(), RETRY_MS) : undefined;
  }
}
