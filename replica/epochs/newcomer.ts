/** A new member, or one that lost its disk, which has the roster that the operator gave it and waits to be shown how that epoch began (§13.8). */
import { ConfigError } from "../../crypto/config_error.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { verifyEnd } from "../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import { DecodeError, decodePeerPacket, encodePacket } from "../../transport/codec/mod.ts";
import type { Received, ReplicaTransport } from "../../transport/port.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { Storage } from "../storage/port.ts";
import { beginWithout } from "./cross.ts";
import { bytesOf, parseArchived } from "./rosters.ts";

export interface NewcomerParts {
  /** The roster that the operator gave. */
  readonly given: SignedRoster;
  readonly self: string;
  readonly storage: Storage;
  readonly transport: ReplicaTransport;
  readonly backend: SignatureBackend;
  readonly now: () => number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** The end of the epoch before, and its roster. */
interface Beginning {
  readonly before: SignedRoster;
  readonly end: EpochEnd;
}

/** Interval at which the others are asked, in milliseconds. */
const ASK_MS = 500;

/**
 * Waits until somebody shows the end of the epoch before the one given, and begins that one on the disk, without the state. Whoever shows it need not be trusted: the roster
 * before is known by its digest, and proves the end. Rejects with `ConfigError` if the epoch before ended with another roster than was given, and with the reason of
 * `signal` once that is aborted.
 */
export async function awaitBeginning(parts: NewcomerParts): Promise<void> {
  const { storage, transport, now, signal } = parts;
  signal?.addEventListener("abort", () => transport.wake(), { once: true });
  const shown = new TokenBuckets(INGRESS_LIMITS.endsPerSecond, INGRESS_LIMITS.endBurst, INGRESS_LIMITS.maxCountedKinds);
  for (let askAt = now();; signal?.throwIfAborted()) {
    if (now() >= askAt) {
      ask(parts);
      askAt = now() + ASK_MS;
    }
    for (const received of await transport.receive(ASK_MS, INGRESS_LIMITS.receiveBatch)) {
      if (received.channel !== "peer" || !shown.allows(received.owner ?? received.route, now())) continue;
      const beginning = beginningIn(parts, received, () => shown.take(received.owner ?? received.route, now()));
      if (beginning !== null) return begin(storage, parts.given, beginning);
    }
  }
}

function ask({ given: { roster }, transport, self }: NewcomerParts): void {
  const frames = encodePacket({ kind: "FetchEpoch", epoch: roster.epoch - 1 });
  for (const { id } of roster.replicas) if (id !== self) transport.sendToPeer(id, frames);
}

function beginningIn({ given, backend }: NewcomerParts, { frames }: Received, charge: () => void): Beginning | null {
  try {
    const packet = decodePeerPacket(frames);
    if (packet.kind !== "EpochEnd" || packet.roster === null || packet.end.epoch !== given.roster.epoch - 1) {
      return null;
    }
    charge();
    const before = parseArchived(packet.roster, backend);
    if (before.digest !== given.roster.previous) return null;
    const next = verifyEnd(before, packet.end, backend);
    if (next === null) return null;
    if (next.digest === given.digest) return { before, end: packet.end };
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ConfigError) return null;
    throw error;
  }
  throw new ConfigError(
    `roster: given one of epoch ${given.roster.epoch} with digest ${given.digest}, wanted the one that the epoch before ended with: ` +
      "the operators signed another one too, and that was ordered",
  );
}

function begin(storage: Storage, given: SignedRoster, { before, end }: Beginning): void {
  const { digest, roster: { epoch } } = given;
  beginWithout(storage, sha256Hex, end, bytesOf(before), { epoch, digest, bytes: bytesOf(given) });
}

/**
 * Returns whether its replica never took part in any epoch. What the archive holds says nothing: it is written first, and the process may have ended before the epoch
 * was begun.
 */
export function isUnused(storage: Pick<Storage, "load">): boolean {
  const { genesis, hardState: { currentTerm, preVoted }, entries } = storage.load();
  return genesis === null && currentTerm === 0 && preVoted === 0 && entries.length === 0;
}
