/** Pending requests: the shell around the pure session and tallies (§7.1–§7.3). */
import type { Signer } from "../../crypto/signing/signing.ts";
import type { ClientId, Seq } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Answer, Reply } from "../../protocol/message.ts";
import { type RequestFrames, sealRequest } from "./envelope.ts";
import { NoQuorumError, RefusedError, SessionFencedError, UsageError } from "../errors.ts";
import { noteLeader } from "../session/leader_cache.ts";
import type { Outlet } from "./outlet.ts";
import { createRecentAnswers } from "./recent_answers.ts";
import { acceptedAnswer, countAnswer, createReplyTally, type ReplyTally } from "../session/reply_tally.ts";
import {
  cancel,
  createSession,
  type FailureReason,
  type SessionEffect,
  settle,
  submit,
  tick,
} from "../session/session.ts";
import type { SessionConfig } from "../session/session_types.ts";

/** Outcome of an applied command. */
export interface Executed {
  /** The state machine's result. */
  readonly result: Uint8Array;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** Options of one call. */
export interface CallOptions {
  /** Deadline from now, in milliseconds; the client's default otherwise. */
  readonly timeoutMs?: number;
  /** Cancels the call: it rejects with the signal's reason. What was sent may still be executed. */
  readonly signal?: AbortSignal;
}

/** Options of one request. */
export interface RequestOptions extends CallOptions {
  /** States that executing the command twice is as good as once, as for reads. Default false. */
  readonly repeatable?: boolean;
}

export interface RequestsConfig {
  readonly client: ClientId;
  readonly replicas: ReadonlySet<string>;
  /** Number of equal answers needed (§7.2, §7.4). */
  readonly needed: number;
  readonly timeoutMs: number;
  readonly session: SessionConfig;
  readonly signer: Signer;
  readonly outlet: Outlet;
  readonly now: () => number;
  readonly wallClock: () => number;
  /** Called when a verified answer of `replica` contradicts the one that enough others gave. */
  readonly onDisagreement: (replica: string, seq: number) => void;
}

interface Pending {
  readonly ticket: number;
  readonly command: Uint8Array;
  readonly startedAt: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  readonly resolve: (executed: Executed) => void;
  readonly reject: (reason: unknown) => void;
  frames: RequestFrames | null;
  tally: ReplyTally;
}

/** All requests of one client. */
export class Requests {
  readonly #config: RequestsConfig;
  readonly #session;
  readonly #byTicket = new Map<number, Pending>();
  readonly #bySeq = new Map<number, Pending>();
  readonly #recent = createRecentAnswers();
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

  /** Has `command` ordered and executed. Rejects with the errors of `errors.ts` or the signal's reason. */
  execute(command: Uint8Array, options: RequestOptions = {}): Promise<Executed> {
    const { signal, timeoutMs = this.#config.timeoutMs, repeatable = false } = options;
    if (command.length > LIMITS.maxCommandBytes) {
      const wanted = `wanted at most ${LIMITS.maxCommandBytes}`;
      return Promise.reject(new UsageError(`command was given ${command.length} bytes; ${wanted}`));
    }
    if (!(timeoutMs > 0)) {
      return Promise.reject(new UsageError(`timeoutMs was given ${timeoutMs}; wanted a number above 0`));
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const ticket = ++this.#tickets;
      const startedAt = this.#config.now();
      const onAbort = () => this.#perform(cancel(this.#session, ticket, this.#config.now()));
      signal?.addEventListener("abort", onAbort, { once: true });
      const tally = this.#newTally();
      const handlers = { signal, onAbort, resolve, reject };
      this.#byTicket.set(ticket, { ticket, command, startedAt, ...handlers, frames: null, tally });
      this.#perform(submit(this.#session, { ticket, deadlineAt: startedAt + timeoutMs, repeatable }, startedAt));
    });
  }

  /** Returns whether `reply` answers a pending request for the first time, or contradicts a recently accepted answer. */
  wants(reply: Reply): boolean {
    return reply.answers.some((answer) => {
      const pending = this.#bySeq.get(answer.seq);
      if (pending !== undefined) return !pending.tally.votes.voters.has(reply.replica);
      return this.#recent.contradicts(reply.replica, answer);
    });
  }

  /** Counts a verified reply. */
  take(reply: Reply): void {
    const { replica, leader } = reply;
    const known = leader !== null && this.#config.replicas.has(leader) ? leader : null;
    noteLeader(this.#session.leader, replica, reply.term, known);
    for (const answer of reply.answers) this.#count(replica, answer);
  }

  /** Carries out what is due. */
  tick(): void {
    this.#perform(tick(this.#session, this.#config.now()));
  }

  /** Rejects every pending request with `reason`. */
  abandon(reason: Error): void {
    for (const pending of [...this.#byTicket.values()]) {
      this.#finish(pending, null);
      pending.reject(reason);
      cancel(this.#session, pending.ticket, this.#config.now());
    }
    this.#bySeq.clear();
  }

  #newTally(): ReplyTally {
    return createReplyTally(this.#config.replicas, this.#config.needed);
  }

  #count(replica: string, answer: Answer): void {
    const pending = this.#bySeq.get(answer.seq);
    if (pending === undefined) {
      if (this.#recent.contradicts(replica, answer)) {
        this.#recent.note(replica, answer.seq);
        this.#config.onDisagreement(replica, answer.seq);
      }
      return;
    }
    countAnswer(pending.tally, replica, answer);
    const accepted = acceptedAnswer(pending.tally);
    if (accepted === null) return;
    const { seq, outcome, floor } = accepted;
    this.#perform(settle(this.#session, { seq, outcome, floor }, this.#config.wallClock() * 1000, this.#config.now()));
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: SessionEffect): void {
    switch (effect.effect) {
      case "sign":
        return this.#sign(effect.ticket, effect.seq, effect.floor);
      case "send":
        return this.#send(effect);
      case "renumbered": {
        const pending = this.#byTicket.get(effect.ticket);
        if (pending !== undefined) pending.tally = this.#newTally();
        return void this.#bySeq.delete(effect.seq);
      }
      case "applied":
        return this.#applied(effect.ticket, effect.seq);
      case "failed":
        return this.#failed(effect.ticket, effect.seq, effect.failure);
    }
  }

  #sign(ticket: number, seq: number, floor: number): void {
    const pending = this.#byTicket.get(ticket);
    if (pending === undefined) return;
    const { signer, client } = this.#config;
    const numbers = { seq: seq as Seq, floor: floor as Seq };
    pending.frames = sealRequest(signer, { kind: "SendRequest", client, ...numbers, command: pending.command });
    this.#bySeq.set(seq, pending);
  }

  #send(effect: Extract<SessionEffect, { readonly effect: "send" }>): void {
    const frames = this.#bySeq.get(effect.seq)?.frames?.[effect.kind];
    if (frames === undefined) return;
    if (effect.send === "one") this.#config.outlet.toOne(effect.replica, frames);
    else this.#config.outlet.toAll(frames);
  }

  #applied(ticket: number, seq: number): void {
    const pending = this.#byTicket.get(ticket);
    const accepted = pending?.tally.votes.accepted?.value;
    if (pending === undefined || accepted === undefined) return;
    this.#finish(pending, seq);
    for (const replica of this.#recent.settle(pending.tally.votes)) this.#config.onDisagreement(replica, seq);
    // A copy: the bytes are a view into frames that hold other answers too.
    pending.resolve({ result: accepted.result.slice(), index: accepted.index });
  }

  #failed(ticket: number, seq: number | null, failure: FailureReason): void {
    const pending = this.#byTicket.get(ticket);
    if (pending === undefined) return;
    this.#finish(pending, seq);
    pending.reject(this.#errorOf(pending, failure));
  }

  #finish(pending: Pending, seq: number | null): void {
    this.#byTicket.delete(pending.ticket);
    if (seq !== null) this.#bySeq.delete(seq);
    pending.signal?.removeEventListener("abort", pending.onAbort);
  }

  #errorOf(pending: Pending, failure: FailureReason): unknown {
    switch (failure.reason) {
      case "no-quorum":
        return new NoQuorumError("request", this.#progress(pending), failure.sent);
      case "fenced":
        return new SessionFencedError(this.#config.client, failure.floor, failure.sent);
      case "ahead":
        return new RefusedError(
          "ahead",
          `the replicas found the request above the session window, which begins at ${failure.floor}`,
        );
      case "queue-full":
        return new RefusedError(
          "queue-full",
          `${failure.maxQueued} requests wait already; wanted fewer before another one`,
        );
      case "cancelled":
        return pending.signal?.reason;
    }
  }

  #progress({ tally: { votes }, startedAt }: Pending) {
    return {
      replicas: this.#config.replicas.size,
      answered: votes.voters.size,
      equal: votes.groups.reduce((most, group) => Math.max(most, group.replicas.length), 0),
      needed: this.#config.needed,
      waitedMs: this.#config.now() - startedAt,
    };
  }
}
