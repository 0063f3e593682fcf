/** Pending requests: the shell around the pure session and tallies (§7.1–§7.3). */
import { type Digest, type LogIndex, logIndex, seq } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Answer, BusyAnswer, Request } from "../../protocol/message.ts";
import type { PartPacket } from "../../protocol/packet.ts";
import { waitOf } from "../../protocol/reply.ts";
import type { QuorumProgress } from "../errors.ts";
import { noteLeader } from "../session/leader_cache.ts";
import { mayBeBusy } from "../session/overload.ts";
import { countAnswer, createReplyTally, type ReplyTally } from "../session/reply_tally.ts";
import {
  adopt,
  cancel,
  createSession,
  type FailureReason,
  noteAnswer,
  noteBusy,
  noteHeight,
  onlySession,
  type SessionEffect,
  settle,
  submit,
  tick,
  underWay,
} from "../session/session.ts";
import { sealRequest } from "./envelope.ts";
import { asOne, type InFlight, type Orderable, resultsOf, sizeOf } from "./in_flight.ts";
import { createRecentAnswers } from "./recent_answers.ts";
import { RequestCounts, type RequestEnd } from "./request_counts.ts";
import { callError, errorOf } from "./request_errors.ts";
import { spanOf } from "./request_span.ts";
import type { Executed, RequestOptions, RequestsChanges, RequestsConfig } from "./requests_config.ts";

export type { CallOptions, Executed, RequestOptions } from "./requests_config.ts";

interface Pending {
  readonly ticket: number;
  readonly operation: Orderable;
  readonly startedAt: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  readonly resolve: (executed: Executed) => void;
  readonly reject: (reason: unknown) => void;
  /** Number of the request it is in, once it is in one. */
  request: number | null;
}

/** All requests of one client. */
export class Requests {
  #config: RequestsConfig;
  readonly #session;
  readonly #byTicket = new Map<number, Pending>();
  readonly #inFlight = new Map<number, InFlight>();
  readonly #byDigest = new Map<Digest, InFlight>();
  readonly #recent = createRecentAnswers();
  /** Counts of them so far. */
  readonly counts: RequestCounts = new RequestCounts();
  #tickets = 0;

  constructor(config: RequestsConfig) {
    this.#config = config;
    this.#session = createSession(config.session);
  }

  /** Time at which `tick` is due, on the client's clock. */
  get dueAt(): number {
    return this.#session.dueAt;
  }

  /** True while a request is pending. */
  get busy(): boolean {
    return this.#byTicket.size > 0;
  }

  /** The session whose answers, beside a register's, are all that it waits for; `ALL_SESSIONS` if that is none, or not one. */
  get onlySession(): LogIndex {
    return logIndex(onlySession(this.#session));
  }

  /** Has a command or query ordered and executed (§7.4). Rejects with the errors of `errors.ts` or the signal's reason. */
  order(operation: Orderable, options: RequestOptions = {}): Promise<Executed> {
    const { signal, timeoutMs = this.#config.timeoutMs, repeatable = operation.mode === "query" } = options;
    const wrong = callError(operation, timeoutMs);
    if (wrong !== null) return Promise.reject(wrong);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const ticket = ++this.#tickets;
      const startedAt = this.#config.now();
      const onAbort = () => this.#perform(cancel(this.#session, ticket, this.#config.now()));
      signal?.addEventListener("abort", onAbort, { once: true });
      const handlers = { signal, onAbort, resolve, reject };
      this.#byTicket.set(ticket, { ticket, operation, startedAt, ...handlers, request: null });
      const size = sizeOf(operation);
      this.#perform(submit(this.#session, { ticket, size, deadlineAt: startedAt + timeoutMs, repeatable }, startedAt));
    });
  }

  /** Returns whether a part answers a pending request for the first time, or contradicts a recently accepted answer. */
  wants({ signed, part }: PartPacket): boolean {
    const { replica } = signed.message;
    return part.message.answers.some((answer) => {
      const inFlight = this.#byDigest.get(answer.request);
      if (answer.outcome === "busy") {
        return inFlight !== undefined && mayBeBusy(this.#session, replica, inFlight.request);
      }
      if (inFlight !== undefined) return !inFlight.tally.voters.has(replica);
      return this.#recent.contradicts(replica, answer);
    });
  }

  /** Counts the answers of a verified part. */
  take({ signed: { message: { replica, term, leader } }, part }: PartPacket): void {
    const known = leader !== null && this.#config.replicas.has(leader) ? leader : null;
    noteLeader(this.#session.leader, replica, term, known);
    for (const answer of part.message.answers) {
      if (answer.outcome === "busy") this.#busy(replica, answer);
      else this.#count(replica, answer);
    }
  }

  #busy(replica: string, answer: BusyAnswer): void {
    const inFlight = this.#byDigest.get(answer.request);
    if (inFlight !== undefined) noteBusy(this.#session, replica, inFlight.request, waitOf(answer), this.#config.now());
  }

  /** Takes in that `replica` knows the way for answers, and how far it has applied; what it could not answer before it is asked again. */
  greeted(replica: string, appliedIndex: number): void {
    for (const request of underWay(this.#session)) this.#send(request, replica, false);
    this.#perform(noteHeight(this.#session, replica, appliedIndex, this.#config.now()));
  }

  /** Takes in another roster (§13.12): answers so far count no more, and the same bytes go to its replicas. */
  adopt({ session, ...changes }: RequestsChanges): void {
    this.#config = { ...this.#config, ...changes };
    for (const inFlight of this.#inFlight.values()) inFlight.tally = this.#newTally();
    this.#perform(adopt(this.#session, session, this.#config.now()));
  }

  #newTally(): ReplyTally {
    return createReplyTally(this.#config.replicas, this.#config.needed);
  }

  /** Carries out what is due. */
  tick(): void {
    this.#perform(tick(this.#session, this.#config.now()));
  }

  /** Rejects every pending request with `reason`. */
  abandon(reason: Error): void {
    for (const pending of [...this.#byTicket.values()]) {
      this.#finish(pending, "closed");
      pending.reject(reason);
      cancel(this.#session, pending.ticket, this.#config.now());
    }
    this.#inFlight.clear();
    this.#byDigest.clear();
  }

  #count(replica: string, answer: Answer): void {
    const inFlight = this.#byDigest.get(answer.request);
    if (inFlight === undefined) {
      if (this.#recent.contradicts(replica, answer)) {
        this.#recent.note(replica, answer.request);
        this.#config.onDisagreement(replica, answer.request);
      }
      return;
    }
    const now = this.#config.now();
    if (answer.outcome === "void") this.#perform(noteHeight(this.#session, replica, answer.index, now));
    const accepted = countAnswer(inFlight.tally, replica, answer);
    if (accepted === null) return noteAnswer(this.#session, inFlight.request, now);
    const { outcome, index } = accepted;
    inFlight.results = resultsOf(inFlight, accepted);
    const executed = inFlight.results.length;
    this.#perform(settle(this.#session, { request: inFlight.request, outcome, executed, index }, now));
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: SessionEffect): void {
    switch (effect.effect) {
      case "register":
        return this.#register(effect.request, effect.base);
      case "sign":
        return this.#sign(effect);
      case "send":
        return this.#send(effect.request, effect.to, effect.intervention);
      case "done":
        return this.#forget(effect.request);
      case "reissued": {
        const pending = this.#byTicket.get(effect.ticket);
        if (pending !== undefined) pending.request = null;
        return;
      }
      case "applied":
        return this.#applied(effect);
      case "failed":
        return this.#failed(effect.ticket, effect.failure);
    }
  }

  #register(request: number, base: number): void {
    const nonce = this.#config.randomBytes(LIMITS.nonceBytes);
    this.#seal(request, 0, { kind: "RegisterSession", client: this.#config.client, base: logIndex(base), nonce });
  }

  #sign({ request, tickets, ...place }: Extract<SessionEffect, { readonly effect: "sign" }>): void {
    const pending = tickets.flatMap((ticket) => this.#byTicket.get(ticket) ?? []);
    for (const each of pending) each.request = request;
    this.#config.hellos.sayChanged(this.onlySession);
    const [session, floor] = [logIndex(place.session), seq(place.floor)];
    const where = { client: this.#config.client, session, seq: seq(place.seq), floor };
    this.#seal(request, pending.length, {
      kind: "SendRequest",
      ...where,
      ...asOne(pending.map(({ operation }) => operation)),
    });
  }

  #seal(request: number, operations: number, message: Request): void {
    const frames = sealRequest(this.#config.signer, message);
    const place = message.kind === "SendRequest" ? message : null;
    const inFlight = { request, operations, frames, place, tally: this.#newTally(), results: [], sent: false };
    this.#inFlight.set(request, inFlight);
    this.#byDigest.set(inFlight.frames.digest, inFlight);
  }

  #send(request: number, to: string, intervention: boolean): void {
    const inFlight = this.#inFlight.get(request);
    if (inFlight === undefined) return;
    const frames = inFlight.frames[intervention ? "intervention" : "plain"];
    this.counts.sent[intervention ? "intervention" : inFlight.sent ? "again" : "first"]++;
    inFlight.sent = true;
    if (to === "all") this.#config.outlet.toAll(frames);
    else this.#config.outlet.toOne(to, frames);
  }

  #applied({ ticket, request, part }: Extract<SessionEffect, { readonly effect: "applied" }>): void {
    const pending = this.#byTicket.get(ticket);
    const inFlight = this.#inFlight.get(request);
    const accepted = inFlight?.tally.accepted?.value;
    if (pending === undefined || inFlight === undefined || accepted === undefined) return;
    this.#finish(pending, "answered", accepted.index);
    // A copy: the bytes are a view into frames that hold other answers too.
    pending.resolve({ result: inFlight.results[part]!.slice(), index: accepted.index });
  }

  #failed(ticket: number, failure: FailureReason): void {
    const pending = this.#byTicket.get(ticket);
    if (pending === undefined) return;
    const [{ client }, { operation: { mode }, signal }] = [this.#config, pending];
    const error = errorOf(failure, { client, mode, progress: this.#progress(pending), abortReason: signal?.reason });
    this.#finish(pending, failure.reason);
    pending.reject(error);
  }

  #finish(pending: Pending, end: RequestEnd, index?: number): void {
    const until = this.#config.now();
    this.counts.end(end, until - pending.startedAt);
    const inFlight = this.#inFlight.get(pending.request ?? 0);
    if (inFlight !== undefined) {
      this.#config.tracing?.tell(spanOf(inFlight, { client: this.#config.client, pending, until, end, index }));
    }
    this.#byTicket.delete(pending.ticket);
    pending.signal?.removeEventListener("abort", pending.onAbort);
  }

  /** Drops what is settled; the replicas that contradicted what was accepted, or do so later, are told of. */
  #forget(request: number): void {
    const inFlight = this.#inFlight.get(request);
    if (inFlight === undefined) return;
    this.#inFlight.delete(request);
    this.#byDigest.delete(inFlight.frames.digest);
    const { digest } = inFlight.frames;
    if (inFlight.operations === 0 || inFlight.tally.accepted?.value.outcome !== "applied") return;
    for (const replica of this.#recent.settle(inFlight.tally)) this.#config.onDisagreement(replica, digest);
  }

  /** Returns the progress of a command; if it was never sent, that of its session's register. */
  #progress({ request, startedAt }: Pending): QuorumProgress {
    const number = request ?? this.#session.registration?.request ?? 0;
    const tally = this.#inFlight.get(number)?.tally;
    return {
      replicas: this.#config.replicas.size,
      answered: tally?.voters.size ?? 0,
      equal: tally?.groups.reduce((most, group) => Math.max(most, group.replicas.length), 0) ?? 0,
      needed: this.#config.needed,
      waitedMs: this.#config.now() - startedAt,
    };
  }
}
