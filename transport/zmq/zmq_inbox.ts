import type { Socket } from "zeromq";
import { eventLoopTurn } from "../event_loop_turn.ts";
import { totalBytes, withinLimits } from "../frame_limits.ts";
import type { TransportCounters } from "../port.ts";
import { drain, type ReadableSocket, SocketWaiter } from "./zmq_poll.ts";

/** Messages taken of each channel before their sizes are looked at. */
const ROUND = 16;
/** A `receive` that holds this many bytes returns before it reaches its limit of messages. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/**
 * Frames up to this size are copied. libzmq hands out small frames as views of the 8 KiB buffer they were read into, so
 * one kept request of 200 bytes would keep all 8 KiB. Larger frames have memory of their own, which lives as long as
 * the view handed out here, whatever becomes of message and socket.
 */
const COPY_BYTES = 8 * 1024;

/** One channel: where its messages are taken from, and how one is handed on. */
export interface Source<T> {
  readonly from: ReadableSocket;
  /** True if messages start with the identity that a ROUTER puts there. */
  readonly routed: boolean;
  /** Larger messages are refused. */
  readonly maxBytes: number;
  /** `identity` is empty unless the source is routed. */
  make(identity: Uint8Array, frames: readonly Uint8Array[]): T;
}

/** The receiving half of a transport: takes from its channels in turn and refuses what is beyond the limits. */
export class ZmqInbox<T> {
  readonly #sources: readonly Source<T>[];
  readonly #sockets: readonly ReadableSocket[];
  readonly #counters: TransportCounters;
  readonly waiter: SocketWaiter;
  #pending: Promise<T[]> | null = null;
  #closed = false;

  /** `sockets` are those behind the sources and others that have something to do when a peer connects, subscribes or goes; more may come and go. */
  constructor(sources: readonly Source<T>[], counters: TransportCounters, sockets: readonly Socket[] = []) {
    this.#sources = sources;
    this.#sockets = sources.map((source) => source.from);
    this.#counters = counters;
    this.waiter = new SocketWaiter(sockets);
  }

  /** As the port's `receive`. Throws if one is pending already. */
  async receive(timeoutMs: number, limit: number): Promise<T[]> {
    if (this.#pending !== null) throw new Error("A receive is pending already, want one at a time");
    try {
      return await (this.#pending = this.#receive(performance.now() + timeoutMs, limit));
    } finally {
      this.#pending = null;
    }
  }

  /** Ends the pending `receive`; afterwards no socket is in use and they may be closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.waiter.wake();
    await this.#pending;
    await this.waiter.close();
  }

  async #receive(deadline: number, limit: number): Promise<T[]> {
    for (;;) {
      await eventLoopTurn();
      if (this.#closed) return [];
      const batch = await this.#collect(limit);
      const left = deadline - performance.now();
      if (this.waiter.takeWake() || batch.length > 0 || left <= 0) return batch;
      await this.waiter.wait(left);
    }
  }

  async #collect(limit: number): Promise<T[]> {
    const batch: T[] = [];
    for (let taken = 0, bytes = 0; taken < limit && bytes < MAX_BATCH_BYTES; taken += ROUND) {
      const { owners, messages } = drain(this.#sockets, Math.min(ROUND, limit - taken));
      if (owners.length === 0) break;
      const received = await Promise.all(messages);
      received.forEach((parts, place) => {
        const source = this.#sources[owners[place] ?? -1];
        if (parts === null || source === undefined) return;
        bytes += totalBytes(parts);
        this.#accept(source, parts, batch);
      });
    }
    return batch;
  }

  #accept(source: Source<T>, parts: readonly Uint8Array[], batch: T[]): void {
    const [identity, ...frames] = source.routed ? parts : [NO_IDENTITY, ...parts];
    if (identity === undefined || !withinLimits(frames, source.maxBytes)) {
      this.#counters.refused++;
      return;
    }
    this.#counters.received++;
    batch.push(source.make(identity, frames.map(ownFrame)));
  }
}

const NO_IDENTITY = new Uint8Array(0);

/** A plain `Uint8Array`: Node's `Buffer` is one with another `slice`, which does not copy. */
function ownFrame(frame: Uint8Array): Uint8Array {
  if (frame.byteLength <= COPY_BYTES) return new Uint8Array(frame);
  return new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
}
