/**
 * The talk between replicas that are in different epochs (§13.8): who is in an earlier one is shown its end, and who hears of a later one asks for the end of its
 * own. Ends prove themselves, so who shows one need not be trusted.
 */
import type { Millis } from "../../protocol/ids.ts";
import type { EpochEndPacket, FetchEpochPacket } from "../../protocol/packet.ts";
import { epochEndCodec } from "../../transport/codec/mod.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { EpochArchive } from "../storage/port.ts";
import type { EpochHistory } from "./history.ts";

export interface EpochTalkParts {
  /** The epoch this replica is in. */
  readonly epoch: number;
  /** Rosters and ends of the epochs before. */
  readonly archive: EpochArchive;
  /** Sends to a peer by its name; it may be none. */
  readonly send: (peer: string, packet: EpochEndPacket | FetchEpochPacket) => void;
  /** Members whose key the roster before did not list: nobody else tells them that their epoch has begun. */
  readonly newcomers: readonly string[];
  /** Ends of before it took part; left out where it does not go on in this epoch. */
  readonly history?: EpochHistory;
}

/** Interval at which a newcomer that has not been heard is shown how its epoch began, in milliseconds. */
const SHOW_MS = 500;

export class EpochTalk {
  readonly #parts: EpochTalkParts;
  readonly #shown = new TokenBuckets(INGRESS_LIMITS.endsPerSecond, INGRESS_LIMITS.endBurst);
  readonly #asked = new TokenBuckets(INGRESS_LIMITS.endsPerSecond, INGRESS_LIMITS.endBurst);
  readonly #newcomers: Set<string>;
  #showAt: Millis = -Infinity;

  constructor(parts: EpochTalkParts) {
    this.#parts = parts;
    this.#newcomers = new Set(parts.newcomers);
  }

  get epoch(): number {
    return this.#parts.epoch;
  }

  /** Takes note that a packet of another epoch came from `peer`: one of the two is late. */
  heard(peer: string, epoch: number, now: Millis): void {
    const { epoch: own, send } = this.#parts;
    if (epoch < own) return this.show(peer, epoch, now);
    this.#newcomers.delete(peer);
    if (this.#asked.spend(peer, now)) send(peer, { kind: "FetchEpoch", epoch: own });
  }

  /** Takes note that `peer` is in this epoch. */
  joined(peer: string): void {
    this.#newcomers.delete(peer);
  }

  /** Shows `peer` the end of an epoch that is over, with its roster, which others know by its digest at least. */
  show(peer: string, epoch: number, now: Millis): void {
    if (epoch >= this.#parts.epoch || !this.#shown.spend(peer, now)) return;
    this.#send(peer, epoch);
  }

  /** Takes the end of an epoch that is over. */
  takeOlder(peer: string, packet: EpochEndPacket): void {
    this.#parts.history?.take(peer, packet);
  }

  /** Shows newcomers how their epoch began, and asks for what ended before (§13.8). */
  look(now: Millis): void {
    this.#parts.history?.look(now);
    if (this.#newcomers.size === 0 || now < this.#showAt) return;
    this.#showAt = now + SHOW_MS;
    for (const peer of this.#newcomers) this.#send(peer, this.#parts.epoch - 1);
  }

  #send(peer: string, epoch: number): void {
    const archived = this.#parts.archive.read(epoch);
    if (archived === null || archived.end === null) return;
    const end = epochEndCodec.decode(archived.end);
    this.#parts.send(peer, { kind: "EpochEnd", end, roster: archived.roster });
  }
}
