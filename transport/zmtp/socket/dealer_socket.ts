import { type Link, type LinkOwner, type SocketCounters, zeroCounters } from "./link.ts";
import { ReadyLinks } from "./ready_links.ts";

/** Bounds of what is kept for a peer that is not connected. */
export interface Backlog {
  /** 0 keeps nothing. */
  readonly messages: number;
  readonly bytes: number;
}

/** A DEALER with one peer. What is sent while the peer is away waits, as far as the backlog goes. */
export class DealerSocket implements LinkOwner {
  readonly counters: SocketCounters;
  readonly #ready: ReadyLinks;
  readonly #backlog: Backlog;
  readonly #onReadable: () => void;
  #waiting: (readonly Uint8Array[])[] = [];
  #waitingBytes = 0;
  #link: Link | null = null;

  /** `counters` may be those of several sockets together. */
  constructor(backlog: Backlog, onReadable: () => void, counters: SocketCounters = zeroCounters()) {
    this.counters = counters;
    this.#ready = new ReadyLinks(counters);
    this.#backlog = backlog;
    this.#onReadable = onReadable;
  }

  get isConnected(): boolean {
    return this.#link !== null;
  }

  opened(link: Link): void {
    this.#link = link;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const frames of waiting) this.#count(link.send(frames));
  }

  readable(link: Link): void {
    this.#ready.add(link);
    this.#onReadable();
  }

  refused(count: number): void {
    this.counters.refused += count;
  }

  ended(link: Link): void {
    if (this.#link === link) this.#link = null;
    this.#ready.remove(link);
  }

  /** Returns the next message of the peer; null if there is none. */
  take(): Uint8Array[] | null {
    return this.#ready.next();
  }

  /** Sends to the peer. Returns false, and counts, if it is away or the queue is full. */
  send(frames: readonly Uint8Array[]): boolean {
    return this.#link === null ? this.#keep(frames) : this.#count(this.#link.send(frames));
  }

  /** Frames are copied: until they are encoded they are still the caller's. */
  #keep(frames: readonly Uint8Array[]): boolean {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    const { messages, bytes: maxBytes } = this.#backlog;
    if (this.#waiting.length >= messages || this.#waitingBytes + bytes > maxBytes) {
      this.counters.unreachable++;
      return false;
    }
    this.#waiting.push(frames.map((frame) => frame.slice()));
    this.#waitingBytes += bytes;
    return true;
  }

  /** Has what is queued leave now. */
  flush(): void {
    this.#link?.flush();
  }

  /** Drops what waits, and counts it: the peer is not connected to any more. */
  close(): void {
    this.counters.unreachable += this.#waiting.length;
    this.#waiting = [];
  }

  #count(isSent: boolean): boolean {
    if (isSent) this.counters.sent++;
    else this.counters.full++;
    return isSent;
  }
}
