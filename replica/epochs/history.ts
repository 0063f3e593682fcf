/** The ends of epochs before a replica took part, which it fetches from the newest back: so they are not lost with the last who was there (§13.8). */
import { ConfigError } from "../../crypto/config_error.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { verifyEnd } from "../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Millis } from "../../protocol/ids.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import { epochEndCodec } from "../../transport/codec/mod.ts";
import type { EpochArchive } from "../storage/port.ts";
import { bytesOf, parseArchived } from "./rosters.ts";

/**
 * Returns the bytes by which the roster of the epoch that `end` ended is kept, if `roster` is that one and both lead to the roster kept as `after`; null if they
 * prove nothing. Never throws on what others sent.
 */
export type EndJudge = (after: Uint8Array, roster: Uint8Array, end: EpochEnd) => Uint8Array | null;

export interface EpochHistoryParts {
  /** The epoch this replica is in. */
  readonly epoch: number;
  readonly archive: EpochArchive;
  /** Those to ask, in turn. */
  readonly peers: readonly string[];
  readonly send: (peer: string, packet: PacketOf<"FetchEpoch">) => void;
  readonly judge: EndJudge;
}

/** Interval at which somebody is asked, in milliseconds, and what it grows to where nobody has an answer. */
const ASK_MS = 1000;
const MAX_ASK_MS = 60_000;

export class EpochHistory {
  readonly #parts: EpochHistoryParts;
  /** The newest epoch before this replica's own whose end is not held; 0 if all are. */
  #missing: number;
  /** The peer that was asked last and has not answered. */
  #asked: string | null = null;
  #askAt: Millis = -Infinity;
  /** Number of questions since the last answer of use. */
  #questions = 0;

  constructor(parts: EpochHistoryParts) {
    this.#parts = parts;
    this.#missing = newestMissing(parts);
  }

  /** Asks for the newest end that is not held. */
  look(now: Millis): void {
    const { peers, send } = this.#parts;
    if (this.#missing === 0 || now < this.#askAt || peers.length === 0) return;
    const rounds = Math.floor(this.#questions / peers.length);
    this.#askAt = now + Math.min(ASK_MS * 2 ** rounds, MAX_ASK_MS);
    this.#asked = peers[this.#questions++ % peers.length]!;
    send(this.#asked, { kind: "FetchEpoch", epoch: this.#missing });
  }

  /** Takes an end from whoever was asked for it, one for each question: whether it proves itself costs signatures. */
  take(peer: string, { end, roster }: PacketOf<"EpochEnd">): void {
    if (roster === null || end.epoch !== this.#missing || peer !== this.#asked) return;
    this.#asked = null;
    const { archive, judge } = this.#parts;
    const before = judge(archive.read(end.epoch + 1)!.roster, roster, end);
    if (before === null) return;
    archive.put(end.epoch, before, epochEndCodec.encode(end));
    this.#missing = newestMissing(this.#parts);
    this.#questions = 0;
    this.#askAt = -Infinity;
  }
}

/** Returns the judge of ends by their signatures. */
export const endJudge = (backend: SignatureBackend): EndJudge => (after, roster, end) => {
  const next = parseArchived(after, backend);
  const before = rosterBefore(next, roster, backend);
  return before !== null && verifyEnd(before, end, backend)?.digest === next.digest ? bytesOf(before) : null;
};

/** Returns the roster that `after` names as the one before, if these bytes are that. */
function rosterBefore(after: SignedRoster, bytes: Uint8Array, backend: SignatureBackend): SignedRoster | null {
  try {
    const before = parseArchived(bytes, backend);
    return before.digest === after.roster.previous ? before : null;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** Whoever crossed from an epoch has its end; so only the lowest of those held may lack it. */
function newestMissing({ epoch, archive }: Pick<EpochHistoryParts, "epoch" | "archive">): number {
  const held = new Set(archive.list());
  let lowest = epoch;
  while (held.has(lowest - 1)) lowest--;
  return lowest < epoch && archive.read(lowest)!.end === null ? lowest : lowest - 1;
}
