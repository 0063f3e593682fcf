/** Packets received and not yet judged: peers before clients, so that a flood of requests holds up no election. */
import type { Received } from "../transport/port.ts";

export class Backlog {
  readonly #max: number;
  #peers: Received[] = [];
  #clients: Received[] = [];

  /** Holds at most `max` packets of peers and as many of clients. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Queues what was received; returns how many packets found no room. */
  add(received: readonly Received[]): number {
    let dropped = 0;
    for (const packet of received) {
      const queue = packet.channel === "client" ? this.#clients : this.#peers;
      if (queue.length < this.#max) queue.push(packet);
      else dropped++;
    }
    return dropped;
  }

  get empty(): boolean {
    return this.#peers.length === 0 && this.#clients.length === 0;
  }

  /** Hands packets to `judge` in order until none is left or `mayGoOn` says no. */
  drain(mayGoOn: () => boolean, judge: (packet: Received) => void): void {
    this.#peers = drainQueue(this.#peers, mayGoOn, judge);
    this.#clients = drainQueue(this.#clients, mayGoOn, judge);
  }
}

function drainQueue(queue: Received[], mayGoOn: () => boolean, judge: (packet: Received) => void): Received[] {
  let at = 0;
  for (; at < queue.length && mayGoOn(); at++) judge(queue[at]!);
  return at === queue.length ? [] : queue.slice(at);
}
