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

interface Channel<T> {
  readonly queue: FairQueue<T>;
  readonly maxBytes: number;
  /** Senders from whom nothing is taken, and until when by `performance.now()`. */
  readonly held: Map<string, number>;
}

interface Framed {
  readonly frames: readonly Uint8Array[];
}

/** The receiving half of an in-memory transport: one bounded queue per channel, and one `receive` at a time. */
export class MemoryInbox<T extends Framed> {
  readonly #channels: readonly Channel<T>[];
  readonly #counters: TransportCounters;
  #waiter: (() => void) | null = null;
  #woken = false;
  #receiving = false;
  #closed = false;

  constructor(channels: readonly ChannelBounds[], counters: TransportCounters) {
    this.#channels = channels.map(({ size: perSource, maxBytes }) => ({
      ...{ queue: new FairQueue<T>({ perSource }), maxBytes, held: new Map() },
    }));
    this.#counters = counters;
  }

  /** Takes a message from `sender`; false if its queue is full. */
  deliver(channel: number, sender: string, message: T): boolean {
    const accepted = !this.#closed && (this.#channels[channel]?.queue.push(sender, message) ?? false);
    if (accepted) this.#waiter?.();
    return accepted;
  }

  /** Takes nothing of `sender` for a while; the hold-off that ends last counts. */
  holdOff(channel: number, sender: string, forMs: number): void {
    const held = this.#channels[channel]?.held;
    held?.set(sender, Math.max(held.get(sender) ?? 0, performance.now() + forMs));
  }

  /** Drops what is queued of `sender`, and takes of it again. */
  forget(channel: number, sender: string): void {
    this.#channels[channel]?.queue.forget(sender);
    this.#channels[channel]?.held.delete(sender);
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
      this.#release();
      const { batch, isDry } = this.#collect(limit);
      const left = deadline - performance.now();
      if (this.#woken || batch.length > 0 || left <= 0) {
        this.#woken = false;
        return batch;
      }
      if (isDry) await this.#wait(Math.min(left, this.#nextRelease() - performance.now()));
    }
  }

  #release(): void {
    const now = performance.now();
    for (const { held } of this.#channels) {
      for (const [sender, until] of held) if (until <= now) held.delete(sender);
    }
  }

  #nextRelease(): number {
    return Math.min(...this.#channels.flatMap(({ held }) => [...held.values()]));
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

  /** Takes in turn of the channels; dry is what has nothing more, beside what is held off. */
  #collect(limit: number): { readonly batch: T[]; readonly isDry: boolean } {
    const batch: T[] = [];
    for (let taken = 0; taken < limit; taken++) {
      let isDry = true;
      for (const { queue, maxBytes, held } of this.#channels) {
        const message = queue.shift((sender) => !held.has(sender));
        if (message === undefined) continue;
        isDry = false;
        this.#accept(message, maxBytes, batch);
      }
      if (isDry) return { batch, isDry };
    }
    return { batch, isDry: false };
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
