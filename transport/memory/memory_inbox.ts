import { eventLoopTurn } from "../event_loop_turn.ts";
import { FairQueue } from "../fair_queue.ts";
import { withinLimits } from "../frame_limits.ts";
import type { TransportCounters } from "../port.ts";

/** Bounds of one channel. */
export interface ChannelBounds {
  /** Maximum number of queued messages per sender. */
  readonly size: number;
  /** Bytes of one message; larger ones are refused. */
  readonly maxBytes: number;
}

interface Framed {
  readonly frames: readonly Uint8Array[];
}

/** The receiving half of an in-memory transport: one bounded queue per channel, and one `receive` at a time. */
export class MemoryInbox<T extends Framed> {
  readonly #channels: readonly { readonly queue: FairQueue<T>; readonly maxBytes: number }[];
  readonly #counters: TransportCounters;
  #waiter: (() => void) | null = null;
  #woken = false;
  #receiving = false;
  #closed = false;

  constructor(channels: readonly ChannelBounds[], counters: TransportCounters) {
    this.#channels = channels.map(({ size, maxBytes }) => ({ queue: new FairQueue<T>({ perSource: size }), maxBytes }));
    this.#counters = counters;
  }

  /** Takes a message from `sender`; false if its queue is full. */
  deliver(channel: number, sender: string, message: T): boolean {
    const accepted = !this.#closed && (this.#channels[channel]?.queue.push(sender, message) ?? false);
    if (accepted) this.#waiter?.();
    return accepted;
  }

  /** Receives as the port does. Throws if a call is already pending. */
  async receive(timeoutMs: number, limit: number): Promise<T[]> {
    if (this.#receiving) throw new Error("A receive is pending already, want one at a time");
    this.#receiving = true;
    try {
      return await this.#receive(performance.now() + timeoutMs, limit);
    } finally {
      this.#receiving = false;
    }
  }

  wake(): void {
    this.#woken = true;
    this.#waiter?.();
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }

  async #receive(deadline: number, limit: number): Promise<T[]> {
    for (;;) {
      await eventLoopTurn();
      if (this.#closed) return [];
      const batch = this.#collect(limit);
      const left = deadline - performance.now();
      if (this.#woken || batch.length > 0 || left <= 0) {
        this.#woken = false;
        return batch;
      }
      if (this.#channels.every(({ queue }) => queue.empty)) await this.#wait(left);
    }
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiter = null;
        resolve();
      };
      const timer = setTimeout(end, timeoutMs);
      this.#waiter = end;
    });
  }

  #collect(limit: number): T[] {
    const batch: T[] = [];
    for (let taken = 0; taken < limit && this.#channels.some(({ queue }) => !queue.empty); taken++) {
      for (const { queue, maxBytes } of this.#channels) {
        const message = queue.shift();
        if (message !== undefined) this.#accept(message, maxBytes, batch);
      }
    }
    return batch;
  }

  #accept(message: T, maxBytes: number, batch: T[]): void {
    if (!withinLimits(message.frames, maxBytes)) {
      this.#counters.refused++;
      return;
    }
    this.#counters.received++;
    batch.push(message);
  }
}
