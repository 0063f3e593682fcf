/** The signed requests that a simulated client has under way. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { answersNeeded, createReplyTally, type ReplyTally } from "../../../client/session/reply_tally.ts";
import type { Digest } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { signAs } from "../network/sim_crypto.ts";
import type { ClientWorld } from "./client_world.ts";

/** A signed request under way: a command's or a register. */
export interface InFlight {
  readonly number: number;
  readonly request: Signed<Request>;
  readonly digest: Digest;
  readonly tally: ReplyTally;
}

export class SimRequests {
  readonly #byNumber = new Map<number, InFlight>();
  readonly #byDigest = new Map<Digest, InFlight>();
  readonly #world: ClientWorld;
  readonly #client: string;

  constructor(world: ClientWorld, client: string) {
    this.#world = world;
    this.#client = client;
  }

  byNumber(number: number): InFlight | undefined {
    return this.#byNumber.get(number);
  }

  byDigest(digest: Digest): InFlight | undefined {
    return this.#byDigest.get(digest);
  }

  seal(number: number, message: Request): void {
    const { crypto, observer, scheduler, replicas, constants } = this.#world;
    const request: Signed<Request> = signAs(crypto, "client", this.#client, message);
    const tally = createReplyTally(new Set(replicas), answersNeeded(replicas.length, constants.fastReads));
    const inFlight = { number, request, digest: sha256Hex(request.body), tally };
    this.#byNumber.set(number, inFlight);
    this.#byDigest.set(inFlight.digest, inFlight);
    observer.requested?.(request, scheduler.now);
  }

  forget(number: number): void {
    const inFlight = this.#byNumber.get(number);
    if (inFlight === undefined) return;
    this.#byNumber.delete(number);
    this.#byDigest.delete(inFlight.digest);
  }

  clear(): void {
    this.#byNumber.clear();
    this.#byDigest.clear();
  }
}
