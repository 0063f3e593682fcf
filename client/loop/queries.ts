/** Open queries: asked of several replicas at once, outside the log. Each query's judge decides what the answers mean. */
import type { Signer } from "../../crypto/signing/signing.ts";
import type { QueryReply } from "../../protocol/message.ts";
import { RefusedError } from "../errors.ts";
import { type Frames, type QueryMessage, sealQuery } from "./envelope.ts";
import type { Outlet } from "./outlet.ts";
import type { CallOptions } from "./requests.ts";

/** Maximum number of open queries of a client. */
export const MAX_OPEN_QUERIES = 1024;

/** Outcome of a query. */
export type Decision<T> = { readonly value: T } | { readonly error: Error };

/** Decides one query. Pure: it sees verified answers only, at most one per round from each replica asked. */
export interface QueryJudge<T> {
  /** Takes in an answer. `again` asks that replica once more in the next round; `noted` waits for the others. */
  take(replica: string, ok: boolean, payload: Uint8Array): Decision<T> | "again" | "noted";
  /** Decides when the deadline has passed, after `waitedMs`. */
  expire(waitedMs: number): Decision<T>;
}

/** A query to be asked. */
export interface Question<T> {
  readonly message: QueryMessage;
  readonly nonce: number;
  readonly targets: readonly string[];
  readonly timeoutMs: number;
  readonly judge: QueryJudge<T>;
  /** Returns how to ask in another epoch (§13.12); left out where the answer proves itself, and one replica's is enough. */
  readonly again?: () => Question<T>;
  /** Set to send it once and not again, for messages that a replica accepts only once. */
  readonly once?: true;
}

interface Open {
  readonly frames: Frames;
  /** Replicas to ask in the next round. */
  readonly silent: Set<string>;
  /** Replicas asked whose answer of this round is outstanding. */
  readonly awaited: Set<string>;
  readonly startedAt: number;
  readonly deadlineAt: number;
  retryAt: number;
  readonly once: boolean;
  readonly take: (reply: QueryReply) => void;
  readonly expire: (now: number) => void;
  /** Asks anew, or does nothing. */
  readonly again: () => void;
  readonly reject: (reason: unknown) => void;
}

/** All open queries of one client. */
export class Queries {
  readonly #signer: Signer;
  readonly #outlet: Outlet;
  readonly #now: () => number;
  readonly #retryMs: number;
  readonly #open = new Map<number, Open>();

  constructor(signer: Signer, outlet: Outlet, now: () => number, retryMs: number) {
    this.#signer = signer;
    this.#outlet = outlet;
    this.#now = now;
    this.#retryMs = retryMs;
  }

  /** True while a query is open. */
  get busy(): boolean {
    return this.#open.size > 0;
  }

  /** Time at which `tick` is due, on the client's clock. */
  get dueAt(): number {
    let due = Infinity;
    for (const { deadlineAt, retryAt } of this.#open.values()) due = Math.min(due, deadlineAt, retryAt);
    return due;
  }

  /** Asks a question and resolves to its judge's decision. */
  ask<T>(question: Question<T>, { signal }: CallOptions = {}): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#open.size >= MAX_OPEN_QUERIES) {
      const message = `${MAX_OPEN_QUERIES} queries are open already; wanted fewer before another one`;
      return Promise.reject(new RefusedError("queue-full", message));
    }
    return new Promise((resolve, reject) => this.#begin(question, signal, resolve, reject));
  }

  /** Returns whether `reply` answers an open query for the first time in this round. */
  wants(reply: QueryReply): boolean {
    return this.#open.get(reply.nonce)?.awaited.has(reply.replica) ?? false;
  }

  /** Hands a verified reply to the judge of its query. */
  take(reply: QueryReply): void {
    const open = this.#open.get(reply.nonce);
    if (open?.awaited.delete(reply.replica)) open.take(reply);
  }

  /** Asks again where due, and ends queries past their deadline. */
  tick(): void {
    const now = this.#now();
    for (const open of [...this.#open.values()]) {
      if (now >= open.deadlineAt) open.expire(now);
      else if (now >= open.retryAt) this.#round(open, now);
    }
  }

  /** Asks anew in another epoch what several have to answer: what those of the last one said counts no more (§13.12). */
  adopt(): void {
    for (const open of [...this.#open.values()]) open.again();
  }

  /** Rejects every open query with `reason`. */
  abandon(reason: Error): void {
    for (const open of [...this.#open.values()]) open.reject(reason);
  }

  #begin<T>(
    { message, nonce, targets, timeoutMs, judge, once, again }: Question<T>,
    signal: AbortSignal | undefined,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ): void {
    const startedAt = this.#now();
    const close = () => {
      this.#open.delete(nonce);
      signal?.removeEventListener("abort", onAbort);
    };
    const decide = (decision: Decision<T>) => {
      close();
      if ("value" in decision) resolve(decision.value);
      else reject(decision.error);
    };
    const fail = (reason: unknown) => {
      close();
      reject(reason);
    };
    const onAbort = () => fail(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const open: Open = {
      frames: sealQuery(this.#signer, message),
      silent: new Set(targets),
      awaited: new Set(),
      startedAt,
      deadlineAt: startedAt + timeoutMs,
      retryAt: startedAt,
      once: once === true,
      take: (reply) => {
        const verdict = judge.take(reply.replica, reply.ok, reply.payload);
        if (verdict === "again") return;
        open.silent.delete(reply.replica);
        if (verdict !== "noted") decide(verdict);
      },
      expire: (now) => decide(judge.expire(now - startedAt)),
      again: () => {
        if (again === undefined) return;
        close();
        const leftMs = Math.max(1, startedAt + timeoutMs - this.#now());
        this.#begin({ ...again(), timeoutMs: leftMs }, signal, resolve, reject);
      },
      reject: fail,
    };
    this.#open.set(nonce, open);
    this.#round(open, startedAt);
  }

  #round(open: Open, now: number): void {
    open.retryAt = open.silent.size > 0 && !open.once ? now + this.#retryMs : Infinity;
    for (const replica of open.silent) {
      open.awaited.add(replica);
      this.#outlet.toOne(replica, open.frames);
    }
  }
}
