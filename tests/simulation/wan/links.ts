/**
 * Links over which packets take their way's time, and time to get onto it: what a machine sends leaves one behind the other at its bandwidth. As over
 * TCP, nothing is lost, and what goes from one to another arrives in order.
 */
import type { Millis } from "../../../protocol/ids.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { Rng } from "../plan/rng.ts";

/** Bytes of headers: of IP and TCP with each segment, of ZMTP and its encryption with each packet. */
const SEGMENT_BYTES = 1448;
const SEGMENT_HEADER_BYTES = 52;
const PACKET_HEADER_BYTES = 64;

export const bytesOnWire = (bytes: number): number =>
  bytes + PACKET_HEADER_BYTES + SEGMENT_HEADER_BYTES * Math.ceil(bytes / SEGMENT_BYTES);

export interface LinkParts {
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly bytesPerMs: number;
  /** Part of its way's time by which a packet may be late. */
  readonly jitter: number;
  /** Returns the time between two machines. */
  readonly wayMs: (from: string, to: string) => Millis;
}

/** The sending side of one machine. */
interface Uplink {
  freeAt: Millis;
  sentBytes: number;
}

export class Links {
  readonly #parts: LinkParts;
  readonly #uplinks = new Map<string, Uplink>();
  readonly #arrivals = new Map<string, Millis>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** Calls `arrive` once `bytes` of `from` have arrived at `to`. */
  send(from: string, to: string, bytes: number, arrive: () => void): void {
    const { scheduler, bytesPerMs } = this.#parts;
    const uplink = this.#uplinkOf(from);
    const size = bytesOnWire(bytes);
    uplink.sentBytes += size;
    uplink.freeAt = Math.max(uplink.freeAt, scheduler.now) + size / bytesPerMs;
    this.#deliver(from, to, uplink.freeAt, arrive);
  }

  /** Calls `arrive` after the way from a client to a replica; clients are many machines, and send as fast as they like. */
  sendFree(from: string, to: string, arrive: () => void): void {
    this.#deliver(from, to, this.#parts.scheduler.now, arrive);
  }

  /** Returns the bytes that a machine has put onto its link until now. */
  sentBytes(from: string): number {
    const { scheduler, bytesPerMs } = this.#parts;
    const { sentBytes, freeAt } = this.#uplinkOf(from);
    const queuedMs = Math.max(0, freeAt - scheduler.now);
    return queuedMs === 0 ? sentBytes : sentBytes - queuedMs * bytesPerMs;
  }

  #uplinkOf(id: string): Uplink {
    const uplink = this.#uplinks.get(id) ?? { freeAt: 0, sentBytes: 0 };
    this.#uplinks.set(id, uplink);
    return uplink;
  }

  #deliver(from: string, to: string, leavesAt: Millis, arrive: () => void): void {
    const { scheduler, rng, jitter, wayMs } = this.#parts;
    const link = `${from} ${to}`;
    const earliest = leavesAt + wayMs(from, to) * (1 + jitter * rng.next());
    const at = Math.max(earliest, this.#arrivals.get(link) ?? 0);
    this.#arrivals.set(link, at);
    scheduler.schedule(at - scheduler.now, arrive);
  }
}
