/** Signed requests under way, by number and by the digest that answers name them with. */
import type { Signer } from "../../crypto/signing/signing.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import { createReplyTally, type ReplyTally } from "../session/reply_tally.ts";
import { type RequestFrames, sealRequest } from "./envelope.ts";

/** A command's request, or a register. */
export interface InFlight {
  /** As the session numbers it. */
  readonly request: number;
  readonly frames: RequestFrames;
  readonly tally: ReplyTally;
}

export interface InFlightConfig {
  readonly signer: Signer;
  readonly replicas: ReadonlySet<string>;
  /** Equal answers wanted (§7.2, §7.4). */
  readonly needed: number;
}

export class InFlights {
  readonly #config: InFlightConfig;
  readonly #byNumber = new Map<number, InFlight>();
  readonly #byDigest = new Map<Digest, InFlight>();

  constructor(config: InFlightConfig) {
    this.#config = config;
  }

  byNumber(request: number): InFlight | undefined {
    return this.#byNumber.get(request);
  }

  byDigest(digest: Digest): InFlight | undefined {
    return this.#byDigest.get(digest);
  }

  /** Signs `message` once, and keeps it until it is forgotten. */
  seal(request: number, message: Request): void {
    const { signer, replicas, needed } = this.#config;
    const tally = createReplyTally(replicas, needed);
    const inFlight: InFlight = { request, frames: sealRequest(signer, message), tally };
    this.#byNumber.set(request, inFlight);
    this.#byDigest.set(inFlight.frames.digest, inFlight);
  }

  forget(request: number): void {
    const inFlight = this.#byNumber.get(request);
    if (inFlight === undefined) return;
    this.#byNumber.delete(request);
    this.#byDigest.delete(inFlight.frames.digest);
  }
}
