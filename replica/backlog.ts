/**
 * Packets received and not yet judged. Peers come before clients, so that a flood of requests holds up no election, but
 * clients keep a share of every turn, and within each kind every connection has its turn.
 */
import type { Received } from "../transport/port.ts";
import { FairQueue } from "./fair_queue.ts";

export class Backlog {
  readonly #peers: FairQueue<Received>;
  readonly #clients: FairQueue<Received>;

  /** Holds at most `max` packets of peers and as many of clients. */
  constructor(max: number) {
    this.#peers = new FairQueue(max);
    this.#clients = new FairQueue(max);
  }

  /** Queues what was received; returns how many packets found no room. */
  add(received: readonly Received[]): number {
    let dropped = 0;
    for (const packet of received) {
      const queue = packet.channel === "client" ? this.#clients : this.#peers;
      if (!queue.add(`${packet.channel} ${packet.route}`, packet)) dropped++;
    }
    return dropped;
  }

  get empty(): boolean {
    return this.#peers.size === 0 && this.#clients.size === 0;
  }

  /**
   * Hands packets to `judge` until none is left or the turn's work is used up: first peers' up to their share of the work,
   * then clients', then what peers have left. `spent` tells the part of the turn's work done so far, from 0 to 1.
   */
  drain(spent: () => number, judge: (packet: Received) => void): void {
    this.#peers.drain(() => spent() < PEER_SHARE, judge);
    this.#clients.drain(() => spent() < 1, judge);
    this.#peers.drain(() => spent() < 1, judge);
  }
}

/** Part of a turn's work that is done for peers before clients are looked at. */
const PEER_SHARE = 0.75;
