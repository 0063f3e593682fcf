/** Hears of later epochs in what replicas send, asks for the ends of those before them, and follows these (§13.12). */
import type { RosterFile } from "../../crypto/roster/parse_roster.ts";
import { followEnds, type Step } from "../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { Signer } from "../../crypto/signing/signing.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { ClientId } from "../../protocol/ids.ts";
import { DecodeError, decodeReplyPacket, epochOf, epochsAnswerCodec } from "../../transport/codec/mod.ts";
import type { OtherEpochs } from "../loop/client_loop.ts";
import { type Frames, sealQuery } from "../loop/envelope.ts";
import type { Outlet } from "../loop/outlet.ts";

/** Pause before one replica is asked again: that of a liar costs a question and the check of an answer in so much time. */
export const ASK_EVERY_MS = 1000;

export interface FollowerParts {
  readonly client: ClientId;
  readonly signer: Signer;
  readonly backend: SignatureBackend;
  readonly outlet: Outlet;
  readonly now: () => number;
  readonly drawNonce: () => number;
  /** Returns the roster that the client goes by. */
  readonly current: () => RosterFile;
  /** Called with one step at least. */
  readonly adopt: (steps: readonly Step[]) => void;
}

/** A question to one replica. */
interface Asked {
  readonly at: number;
  /** Null once it is answered. */
  nonce: number | null;
}

export class EpochFollower implements OtherEpochs {
  readonly #parts: FollowerParts;
  readonly #asked = new Map<string, Asked>();

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /**
   * Takes frames that came over `replica`'s connection, if they name another epoch than the client is in: what is of an earlier one is ignored, and a later one
   * leads to a question. Returns false for all others.
   */
  take(replica: string, frames: Frames): boolean {
    const { epoch: own } = this.#parts.current().roster;
    const epoch = namedEpoch(frames);
    if (epoch === null || epoch === own) return false;
    if (epoch > own) this.#takeLater(replica, frames);
    return true;
  }

  ask(): void {
    for (const { id } of this.#parts.current().roster.replicas) this.#ask(id, this.#asked.get(id));
  }

  /** Nobody vouches for a later epoch's signatures yet; but ends prove themselves, whoever shows them. */
  #takeLater(replica: string, frames: Frames): void {
    const asked = this.#asked.get(replica);
    const ends = endsIn(frames, asked?.nonce ?? null);
    if (asked === undefined || ends === null) return this.#ask(replica, asked);
    asked.nonce = null;
    const { current, backend, adopt } = this.#parts;
    const steps = followEnds(current(), ends, backend);
    if (steps.length === 0) return;
    this.#asked.clear();
    adopt(steps);
  }

  #ask(replica: string, last: Asked | undefined): void {
    const { client, signer, outlet, drawNonce, now, current } = this.#parts;
    const at = now();
    if (last !== undefined && at - last.at < ASK_EVERY_MS) return;
    const nonce = drawNonce();
    this.#asked.set(replica, { at, nonce });
    const { epoch } = current().roster;
    outlet.toOne(replica, sealQuery(signer, { kind: "GetEpochs", client, nonce, epoch }));
  }
}

/** Returns null for what names no epoch, or is malformed. */
function namedEpoch(frames: Frames): number | null {
  return orNull(() => epochOf(frames));
}

/** Returns the ends in the answer to the question of this nonce; null if it is something else. */
function endsIn(frames: Frames, nonce: number | null): readonly EpochEnd[] | null {
  return nonce === null ? null : orNull(() => {
    const packet = decodeReplyPacket(frames);
    if (packet.kind !== "QueryReply") return null;
    const { message } = packet.signed;
    return message.ok && message.nonce === nonce ? epochsAnswerCodec.decode(message.payload) : null;
  });
}

function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
