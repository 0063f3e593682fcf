import { eventLoopTurn } from "../event_loop_turn.ts";
import { totalBytes } from "../frame_limits.ts";
import { Alarm } from "./alarm.ts";

/** Messages taken of each source before the next one has its turn. */
const ROUND = 16;
/** A `receive` that holds this many bytes returns before it reaches its limit of messages. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** Time after which a receiver gives the event loop a turn even though it has something. */
const TURN_AFTER_MS = 5;

/** Returns the next message of a channel; null if there is none. */
export type Take<T> = () => T | null;

/** The receiving half of a transport: waits, and takes from its sources in turn. */
export class Inbox<T extends { readonly frames: readonly Uint8Array[] }> {
  #sources: readonly Take<T>[];
  #pending: Promise<T[]> | null = null;
  #endWait: (() => void) | null = null;
  readonly #alarm = new Alarm(() => this.#endWait?.());
  #hasNews = false;
  #isWoken = false;
  #isClosed = false;
  #turnAt = 0;

  constructor(sources: readonly Take<T>[]) {
    this.#sources = sources;
  }

  /** Takes from these sources from now on. */
  replaceSources(sources: readonly Take<T>[]): void {
    this.#sources = sources;
    this.signal();
  }

  /** As the port's `receive`. Rejects if one is pending already. */
  async receive(timeoutMs: number, limit: number): Promise<T[]> {
    if (this.#pending !== null) throw new Error("A receive is pending already, want one at a time");
    try {
      return await (this.#pending = this.#receive(timeoutMs, limit));
    } finally {
      this.#pending = null;
    }
  }

  /** Says that a source has something. */
  readonly signal = (): void => {
    this.#hasNews = true;
    this.#endWait?.();
  };

  /** Makes the pending `receive` return, or the next one. */
  wake(): void {
    this.#isWoken = true;
    this.#endWait?.();
  }

  /** Ends the pending `receive`; later ones return nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endWait?.();
    this.#alarm.close();
    await this.#pending;
  }

  async #receive(timeoutMs: number, limit: number): Promise<T[]> {
    const begin = performance.now();
    const deadline = begin + timeoutMs;
    if (begin - this.#turnAt > TURN_AFTER_MS || timeoutMs <= 0) await this.#turn();
    for (;;) {
      if (this.#isClosed) return [];
      this.#hasNews = false;
      const batch = this.#collect(limit);
      if (this.#isWoken || batch.length > 0 || performance.now() >= deadline) {
        this.#isWoken = false;
        return batch;
      }
      await this.#wait(deadline);
    }
  }

  #collect(limit: number): T[] {
    const batch: T[] = [];
    for (let taken = 0, bytes = 0; taken < limit && bytes < MAX_BATCH_BYTES; taken += ROUND) {
      const before = batch.length;
      for (const take of this.#sources) {
        for (let left = Math.min(ROUND, limit - taken); left > 0; left--) {
          const message = take();
          if (message === null) break;
          bytes += totalBytes(message.frames);
          batch.push(message);
        }
      }
      if (batch.length === before) break;
    }
    return batch;
  }

  async #turn(): Promise<void> {
    await eventLoopTurn();
    this.#turnAt = performance.now();
  }

  #wait(deadline: number): Promise<void> {
    if (this.#hasNews) return Promise.resolve();
    this.#alarm.set(deadline);
    return new Promise((resolve) => {
      this.#endWait = () => {
        this.#endWait = null;
        this.#turnAt = performance.now();
        resolve();
      };
    });
  }
}
