/**
 * Packets received and not yet judged. Peers come before clients, so that a flood of requests does not hold up an election, but clients
 * keep a share of every turn, and within each kind every source, each publisher included, has its turn.
 */
import { FairQueue } from "../../transport/fair_queue.ts";
import { totalBytes } from "../../transport/frame_limits.ts";
import type { Received } from "../../transport/port.ts";
import { sourceOf } from "./source.ts";

export class Backlog {
  readonly #peers: FairQueue<Received>;
  readonly #clients: FairQueue<Received>;

  /** Holds at most `max` packets of peers and as many of clients; one of more than {@linkcode BACKLOG_UNIT_BYTES} counts as several. `onDrop` gets a client's that has no room. */
  constructor(max: number, onDrop: (packet: Received) => void = () => {}) {
    this.#peers = new FairQueue({ total: max, weigh });
    this.#clients = new FairQueue({ total: max, weigh, onDrop });
  }

  /** Queues the packets received; returns how many were dropped for lack of room, new or queued ones. */
  add(received: readonly Received[]): number {
    const before = this.#size;
    for (const packet of received) {
      const queue = packet.channel === "client" ? this.#clients : this.#peers;
      queue.push(sourceOf(packet), packet);
    }
    return before + received.length - this.#size;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /**
   * Hands packets to `judge` until none is left or the turn's work is used up: first peers' up to their share of the work,
   * then clients', some in any case, then what peers have left. `spent` tells the part of the turn's work done so far, from 0 to 1. A packet that
   * `judge` is not done with comes up again when its source has its next turn, in this call or a later one.
   */
  drain(spent: () => number, judge: (packet: Received) => boolean): void {
    serve(this.#peers, () => spent() < PEER_SHARE, judge);
    let served = 0;
    serve(this.#clients, () => served++ < CLIENT_MINIMUM || spent() < 1, judge);
    serve(this.#peers, () => spent() < 1, judge);
  }

  get #size(): number {
    return this.#peers.size + this.#clients.size;
  }
}

function serve(queue: FairQueue<Received>, mayGoOn: () => boolean, judge: (packet: Received) => boolean): void {
  while (!queue.empty && mayGoOn()) {
    const packet = queue.shift()!;
    if (!judge(packet)) queue.putBack(sourceOf(packet), packet);
  }
}

/** Bytes up to which a packet counts as one: 1024 of them are 64 MiB. */
export const BACKLOG_UNIT_BYTES = 64 * 1024;
const weigh = ({ frames }: Received): number => Math.max(1, totalBytes(frames) / BACKLOG_UNIT_BYTES);

/** Packets of clients that are looked at in every turn, even if one costly packet of a peer used up all of it. */
const CLIENT_MINIMUM = 16;
/** Part of a turn's work that is done for peers before clients have their turn. */
const PEER_SHARE = 0.75;
