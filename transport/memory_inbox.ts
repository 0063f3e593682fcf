import { eventLoopTurn } from "./event_loop_turn.ts";
import { FairQueue } from "./fair_queue.ts";
import { withinLimits } from "./frame_limits.ts";
import type { TransportCounters } from "./port.ts";

interface Framed {
  readonly frames: readonly Uint8Array[];
}

/** The receiving half of an in-memory transport: bounded queues, one for each channel, and one `receive` at a time. */
export class MemoryInbox<T extends Framed> {
  readonly #channels: readonly FairQueue<T>[];
  readonly #counters: TransportCounters;
  #waiter: (() => void) | null = null;
  #woken = false;
  #receiving = false;
  #closed = false;

  /** `sizes[i]` is how many messages of one sender channel `i` holds. */
  constructor(sizes: readonly number[], counters: TransportCounters) {
    this.#channels = sizes.map((size) => new FairQueue<T>({ perSource: size }));
    this.#counters = counters;
  }

  /** Takes a message from `sender`; false if its queue is full. */
  deliver(channel: number, sender: string, message: T): boolean {
    const accepted = !this.#closed && (this.#channels[channel]?.push(sender, message) ?? false);
    if (accepted) this.#waiter?.();
    return accepted;
  }

  /** As the port's. Throws if one is pending already. */
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
      if (this.#channels.every((channel) => channel.empty)) await this.#wait(left);
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
    for (let taken = 0; taken < limit && this.#channels.some((channel) => !channel.empty); taken++) {
      for (const channel of this.#channels) {
        const message = channel.shift();
        if (message !== undefined) this.#accept(message, batch);
      }
    }
    return batch;
  }

  #accept(message: T, batch: T[]): void {
    if (!withinLimits(message.frames)) {
      this.#counters.refused++;
      return;
    }
    this.#counters.received++;
    batch.push(message);
  }
}
