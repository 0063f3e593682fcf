/**
 * Times of the phases that entries go through here, measured outside the core: each position of the log (its end, the prepared, the committed and the applied
 * one) is looked at after every step, and a clock is read where one has moved.
 */
import { COUNTS, Histogram, SECONDS, type Tracing } from "../../metrics/mod.ts";
import type { Request } from "../../protocol/entry.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Signed } from "../../protocol/signed.ts";
import { holdsCommand } from "../core/clients/waiting.ts";
import type { Input } from "../core/input.ts";
import { entryAt, lastIndex } from "../core/log/log.ts";
import type { ClientReply } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import { EntrySpans } from "./entry_spans.ts";

/** Phases of an entry at one replica (docs/metrics.md). */
export const PHASES = ["order", "prepare", "commit", "apply", "answer"] as const;
export type Phase = (typeof PHASES)[number];

/** Entries whose times are kept: more than are ever under way. */
const SLOTS = 4 * LIMITS.maxUncommittedEntries;
/** An advance by more than this at once is catching up, whose times say nothing of the cluster. */
const MOST_AT_ONCE = LIMITS.maxPipeline;

/** A position of the log, and when it reached each index. */
class Position {
  index: number;
  readonly #at = new Float64Array(SLOTS).fill(NaN);

  constructor(index: number) {
    this.index = index;
  }

  /** Moves to `index`; returns the indexes passed, none where they are too many to have been passed one by one. */
  moveTo(index: number, now: number): readonly number[] {
    const passed = index - this.index;
    if (passed === 0) return [];
    const isUsual = passed > 0 && passed <= MOST_AT_ONCE;
    const indexes = isUsual ? Array.from({ length: passed }, (_, i) => this.index + 1 + i) : [];
    if (!isUsual) this.#at.fill(NaN);
    this.index = index;
    for (const each of indexes) this.#at[each % SLOTS] = now;
    return indexes;
  }

  /** Returns when it reached `index`; NaN if that is not known. */
  at(index: number): number {
    return this.#at[index % SLOTS]!;
  }
}

/** Measures the phases of one replica, from one core to the next. */
export class PhaseTimings {
  readonly seconds: Readonly<Record<Phase, Histogram>>;
  /** Requests in each committed entry; none in a no-op. */
  readonly entryRequests: Histogram = new Histogram(COUNTS);
  readonly #clock: () => number;
  #state: CoreState | null = null;
  #appended = new Position(0);
  #prepared = new Position(0);
  #committed = new Position(0);
  #applied = new Position(0);
  /** The request whose way into the log is timed; one at a time, for it costs a look through each entry. */
  #followed: { readonly request: Signed<Request>; readonly since: number } | null = null;
  readonly #spans: EntrySpans | null;

  /** `clock` is monotonic, in milliseconds; that of `performance.now` where there are traces. */
  constructor(clock: () => number, tracing: Tracing | null = null) {
    this.#clock = clock;
    this.#spans = tracing && new EntrySpans(tracing);
    this.seconds = Object.fromEntries(PHASES.map((phase) => [phase, new Histogram(SECONDS)])) as Record<
      Phase,
      Histogram
    >;
  }

  /** Looks at `state` after a step that took `input`. */
  look(state: CoreState, input: Input, accepted: boolean): void {
    if (state !== this.#state) return this.#begin(state);
    if (accepted && input.kind === "request" && state.leadership !== null) this.#take(state, input.request);
    const isAsBefore = state.commitIndex === this.#committed.index && state.appliedIndex === this.#applied.index &&
      state.prepared.index === this.#prepared.index && lastIndex(state.log) === this.#appended.index;
    if (!isAsBefore) this.#advance(state, this.#clock());
  }

  /** Counts the time from `before`, when the answers of what was applied were known, until they have been handed to the transport. */
  answered(replies: readonly ClientReply[], before: number): void {
    const now = this.#clock();
    this.seconds.answer.observe((now - before) / 1000);
    if (this.#state !== null) this.#spans?.answered(this.#state, replies, before, now);
  }

  #take(state: CoreState, request: Signed<Request>): void {
    if (this.#followed !== null && this.#spans === null) return;
    const now = this.#clock();
    this.#spans?.take(request, now);
    // What is neither waiting nor put on the log by this very step is a copy of what was there before.
    const isNew = isWaiting(state, request) || lastIndex(state.log) !== this.#appended.index;
    if (isNew) this.#followed ??= { request, since: now };
  }

  #begin(state: CoreState): void {
    this.#state = state;
    this.#followed = null;
    this.#appended = new Position(lastIndex(state.log));
    this.#prepared = new Position(state.prepared.index);
    this.#committed = new Position(state.commitIndex);
    this.#applied = new Position(state.appliedIndex);
  }

  #advance(state: CoreState, now: number): void {
    const { prepare, commit, apply } = this.seconds;
    const appended = this.#appended.moveTo(lastIndex(state.log), now);
    if (this.#followed !== null) this.#findFollowed(state, appended, now);
    time(prepare, this.#prepared.moveTo(state.prepared.index, now), this.#appended, now);
    const committed = this.#committed.moveTo(state.commitIndex, now);
    time(commit, committed, this.#prepared, now);
    for (const index of committed) {
      const requests = entryAt(state.log, index as CoreState["commitIndex"])?.entry.requests;
      if (requests) this.entryRequests.observe(requests.length);
    }
    const applied = this.#applied.moveTo(state.appliedIndex, now);
    time(apply, applied, this.#committed, now);
    if (this.#spans !== null) { for (const index of applied) this.#trace(this.#spans, state, index); }
  }

  #trace(spans: EntrySpans, state: CoreState, index: number): void {
    const [appended, prepared] = [this.#appended.at(index), this.#prepared.at(index)];
    const [committed, applied] = [this.#committed.at(index), this.#applied.at(index)];
    spans.applied(state, index, { appended, prepared, committed, applied });
  }

  #findFollowed(state: CoreState, appended: readonly number[], now: number): void {
    const { request, since } = this.#followed!;
    const isIn = (index: number) =>
      entryAt(state.log, index as CoreState["commitIndex"])?.entry.requests?.some((each) => isSame(each, request)) ??
        false;
    if (appended.some(isIn)) this.seconds.order.observe((now - since) / 1000);
    else if (state.leadership !== null && isWaiting(state, request)) return;
    this.#followed = null;
  }
}

/** Returns whether a command waits to be put on the log. */
function isWaiting({ requests: { pool } }: CoreState, { message }: Signed<Request>): boolean {
  const waiting = message.kind === "SendRequest" ? pool.get(message.client) : undefined;
  return waiting !== undefined && message.kind === "SendRequest" && holdsCommand(waiting, message);
}

/** Returns whether both are one request: a client may have sent it twice, and the log has one of them. */
function isSame({ message: a }: Signed<Request>, { message: b }: Signed<Request>): boolean {
  if (a.kind !== "SendRequest" || b.kind !== "SendRequest") return a === b;
  return a.client === b.client && a.session === b.session && a.seq === b.seq;
}

/** Counts for each of `indexes` the time since it was at `before`, where that is known. */
function time(histogram: Histogram, indexes: readonly number[], before: Position, now: number): void {
  for (const index of indexes) {
    const at = before.at(index);
    if (!Number.isNaN(at)) histogram.observe((now - at) / 1000);
  }
}
