/** Following what happens in the state machine (§7.6): each replica is asked from where it got to, and what enough of them say alike is passed on. */
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { FeedEvent, GetFeed } from "../../protocol/operations/feed.ts";
import { feedAnswerCodec } from "../../transport/codec/mod.ts";
import { RefusedError, RevisionGoneError, UsageError } from "../errors.ts";
import { pause } from "../loop/pause.ts";
import type { QueryJudge, Question } from "../loop/queries.ts";
import type { CallOptions } from "../loop/requests.ts";
import { type FeedSaid, FeedTally } from "../session/feed_tally.ts";

/** The part of the roster in force that a watch needs. */
export interface FeedView {
  readonly replicas: readonly ReplicaId[];
  /** f + 1. */
  readonly needed: number;
  readonly epoch: number;
  /** Wait before a replica is asked again that did not answer. */
  readonly retryMs: number;
}

/** Dependencies of a watch. */
export interface FeedParts {
  readonly client: ClientId;
  /** Returns the roster in force. */
  readonly view: () => FeedView;
  readonly drawNonce: () => number;
  readonly ask: <T>(question: Question<T>, options: CallOptions) => Promise<T>;
}

/** Time for which a replica has its answer wait where nothing happens. */
const WAIT_MS = 5000;
/** Time beyond that after which its answer is taken for lost. */
const GRACE_MS = 1000;
/** Shortest time between two questions to one replica: what happens meanwhile is told together. */
const PACE_MS = 30;
/** Bytes of events that wait for whoever watches; replicas are not asked for more meanwhile. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** The next part of a feed: events in their order, and the position up to which they are all there are. */
export interface FeedNews {
  readonly events: readonly FeedEvent[];
  readonly through: number;
}

/**
 * Yields what happens behind `after`, until `signal` aborts, whose reason it throws, or its reader ends it. Throws {@linkcode RevisionGoneError} once what comes next is no longer kept, and
 * {@linkcode RefusedError} where enough replicas refuse the watch.
 */
export async function* followFeed(
  parts: FeedParts,
  watch: Uint8Array,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<FeedNews> {
  if (watch.length > LIMITS.maxWatchBytes) {
    throw new UsageError(`watch was given ${watch.length} bytes; wanted at most ${LIMITS.maxWatchBytes}`);
  }
  const following = new Following(parts, watch, after);
  const abort = () => following.end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  try {
    while (true) yield await following.next();
  } finally {
    signal?.removeEventListener("abort", abort);
    following.end(null);
  }
}

/** A feed under way. */
class Following {
  readonly #parts: FeedParts;
  readonly #watch: Uint8Array;
  readonly #tally: FeedTally;
  #events: FeedEvent[] = [];
  #unreadBytes = 0;
  #toldThrough: number;
  #epoch: number;
  /** Ends the questions of the epoch under way. */
  #asking = new AbortController();
  /** The reason for which it ended; undefined while it goes on. */
  #fault: unknown = undefined;
  #wake = Promise.withResolvers<void>();

  constructor(parts: FeedParts, watch: Uint8Array, after: number) {
    this.#parts = parts;
    this.#watch = watch;
    this.#toldThrough = after;
    const { replicas, needed, epoch } = parts.view();
    this.#epoch = epoch;
    this.#tally = new FeedTally(replicas, needed, after);
    this.#askAll(replicas);
  }

  /** Resolves to what has been passed since the last time. Rejects once it has ended, and all before that was told. */
  async next(): Promise<FeedNews> {
    while (this.#events.length === 0 && this.#tally.through === this.#toldThrough) {
      if (this.#fault !== undefined) throw this.#fault;
      await this.#wake.promise;
    }
    const events = this.#events.splice(0);
    this.#unreadBytes = 0;
    this.#toldThrough = this.#tally.through;
    this.#notify();
    return { events, through: this.#toldThrough };
  }

  /** Asks no more. */
  end(reason: unknown): void {
    if (this.#fault === undefined) this.#fault = reason ?? new UsageError("this watch has ended");
    this.#asking.abort(this.#fault);
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #askAll(replicas: readonly ReplicaId[]): void {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    for (const replica of replicas) {
      this.#askOne(replica, signal).catch((fault) => signal.aborted || this.end(fault));
    }
  }

  async #askOne(replica: ReplicaId, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const after = this.#unreadBytes < MAX_UNREAD_BYTES ? this.#tally.askBehind(replica) : null;
      if (after === null) {
        await Promise.race([this.#wake.promise, pause(this.#parts.view().retryMs, signal)]);
        continue;
      }
      const said = await this.#parts.ask(this.#question(replica, after), { signal });
      this.#followEpoch();
      if (signal.aborted) return;
      const isGood = said !== null && this.#take(replica, after, said);
      await pause(isGood ? PACE_MS : this.#parts.view().retryMs, signal);
    }
  }

  #question(replica: ReplicaId, after: number): Question<FeedSaid | null> {
    const { client, drawNonce } = this.#parts;
    const nonce = drawNonce();
    const message: GetFeed = { kind: "GetFeed", client, nonce, after, waitMs: WAIT_MS, watch: this.#watch };
    const timeoutMs = WAIT_MS + GRACE_MS;
    return {
      message,
      nonce,
      targets: [replica],
      timeoutMs,
      judge: JUDGE,
      once: true,
      again: () => this.#question(replica, after),
    };
  }

  /** Takes an answer in. Returns false if the replica is to be asked again later only. */
  #take(replica: ReplicaId, after: number, said: FeedSaid): boolean {
    const isHonest = this.#tally.take(replica, after, said);
    for (const event of this.#tally.drain()) {
      this.#events.push(event);
      this.#unreadBytes += event.value.length;
    }
    const { oldest, refusal } = this.#tally;
    if (refusal !== null) this.end(new RefusedError("replica-refused", `watch: replicas refused it: ${refusal}`));
    else if (oldest !== null) this.end(new RevisionGoneError(this.#tally.through + 1, oldest));
    this.#notify();
    return isHonest && said.kind === "events";
  }

  /** §13.12: what the replicas of an epoch said counts in it alone. */
  #followEpoch(): void {
    const { replicas, needed, epoch } = this.#parts.view();
    if (epoch === this.#epoch || this.#fault !== undefined) return;
    this.#epoch = epoch;
    this.#asking.abort();
    this.#tally.adopt(replicas, needed);
    this.#askAll(replicas);
  }
}

/** One replica's answer, or null if it refuses, says what is no feed, or is silent. */
const JUDGE: QueryJudge<FeedSaid | null> = {
  take: (_replica, ok, payload) => ({ value: ok ? said(payload) : null }),
  expire: () => ({ value: null }),
};

function said(payload: Uint8Array): FeedSaid | null {
  try {
    const { reason, ...answer } = feedAnswerCodec.decode(payload);
    return { ...answer, reason: new TextDecoder().decode(reason) };
  } catch {
    // The decoder throws DecodeError only: this replica is a liar.
    return null;
  }
}
