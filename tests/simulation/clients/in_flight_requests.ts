/** The signed requests of a simulated client that are not settled. */
import type { ReplyTally } from "../../../client/session/reply_tally.ts";
import type { SessionEffect } from "../../../client/session/session.ts";
import { clientId, type Digest, logIndex, seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { RegisterSession, Request, SendRequest } from "../../../protocol/message.ts";
import { decodeResults, encodeGroup, groupSize, type Operation } from "../../../protocol/operations/group.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";

/** An operation that its client waits for. */
export interface Pending extends Operation {
  readonly done: (result: Uint8Array | null) => void;
}

/** A signed request in flight: a command or a register. */
export interface InFlight {
  readonly number: number;
  readonly request: Signed<Request>;
  readonly digest: Digest;
  /** Of the epoch in force: answers of two are never counted together (§13.12). */
  tally: ReplyTally;
}

/** Requests in flight, by the session's number and by the digest that answers name them with. */
export class InFlightRequests {
  readonly #byNumber = new Map<number, InFlight>();
  readonly #byDigest = new Map<Digest, InFlight>();

  get(number: number): InFlight | undefined {
    return this.#byNumber.get(number);
  }

  named(digest: Digest): InFlight | undefined {
    return this.#byDigest.get(digest);
  }

  add(inFlight: InFlight): void {
    this.#byNumber.set(inFlight.number, inFlight);
    this.#byDigest.set(inFlight.digest, inFlight);
  }

  forget(number: number): void {
    const inFlight = this.#byNumber.get(number);
    if (inFlight === undefined) return;
    this.#byNumber.delete(number);
    this.#byDigest.delete(inFlight.digest);
  }

  all(): Iterable<InFlight> {
    return this.#byNumber.values();
  }

  clear(): void {
    this.#byNumber.clear();
    this.#byDigest.clear();
  }
}

/** Returns the results of what was executed of a request that is settled as applied. */
export function resultsOf({ request: { message }, tally }: InFlight): Uint8Array[] {
  const { result } = tally.accepted!.value;
  if (message.kind !== "SendRequest" || message.mode !== "group") return [result];
  return decodeResults(result, groupSize(message.command))!;
}

/** Returns a register of a client. */
export function registerOf({ id }: ClientPlan, base: number, rng: Rng): RegisterSession {
  const nonce = Uint8Array.from({ length: LIMITS.nonceBytes }, () => rng.int(0, 255));
  return { kind: "RegisterSession", client: clientId(id), base: logIndex(base), nonce };
}

/** Returns a request for these operations, under one signature. */
export function commandOf(
  { id }: ClientPlan,
  { session, seq: number, floor }: Extract<SessionEffect, { readonly effect: "sign" }>,
  operations: readonly Pending[],
): SendRequest {
  const [{ mode, command }] = operations as readonly [Pending];
  return {
    ...{ kind: "SendRequest", client: clientId(id), session: logIndex(session), seq: seq(number), floor: seq(floor) },
    ...operations.length === 1 ? { mode, command } : { mode: "group", command: encodeGroup(operations) },
  };
}
