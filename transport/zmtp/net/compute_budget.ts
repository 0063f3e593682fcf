import { TokenBucket } from "../connection/token_bucket.ts";
import type { Ticker } from "./ticker.ts";

/** A connection that waits for leave to compute. */
export interface Waiting {
  readonly address: string;
  /** Goes on: the next question is answered with yes. */
  granted(): void;
}

const RETRY_MS = 20;

/** A handshake costs that much until it is over, and half of it is given back then. */
const COST = 2;

/**
 * Shares out what is computed for strangers, a handshake each, in turn over their addresses. Those that come to nothing count like two: half of
 * the rate is for those who only begin.
 */
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
    return this.#waiting.size === 0 && this.#bucket.take(this.#ticker.now(), COST);
  }

  /** Notes that a handshake has been finished. */
  finished(): void {
    this.#bucket.give(COST / 2);
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
    while (this.#waiting.size > 0 && this.#bucket.take(this.#ticker.now(), COST)) {
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
