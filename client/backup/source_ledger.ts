/** Tracks what each replica contributed to a backup: slow ones are paused for a while, liars are not asked again. */
import { doubledUpTo } from "../../protocol/backoff.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import { NoSourceError, SourceError } from "../errors.ts";
import type { CallOptions } from "../loop/requests.ts";

/** Time limits of a backup, all in milliseconds. */
export interface Patience {
  /** Longest time without anything new before the backup is abandoned; 10 000 by default. */
  readonly patienceMs: number;
  /** Time limit of one answer, and pause of a source that failed; doubled with each failure up to the cap. 2000 and 30 000 by default. */
  readonly requestMs: number;
  readonly requestCapMs: number;
}

/** One source's contribution to a backup. */
export interface SourceReport {
  /** Bytes of chunks and entries it gave. */
  readonly bytes: number;
  /** Number of times it was silent, refused or lacked what it was asked for. */
  readonly failures: number;
  /** Its latest fault; null if it had none. */
  readonly fault: string | null;
  /** True if it gave, under its signature, what no honest replica gives; it was then not asked again. */
  readonly lied: boolean;
}

interface Source {
  bytes: number;
  failures: number;
  /** Failures since it last gave something. */
  streak: number;
  pausedUntil: number;
  fault: string | null;
  lied: boolean;
}

export class SourceLedger {
  readonly #sources: ReadonlyMap<ReplicaId, Source>;
  readonly #patience: Patience;
  readonly #now: () => number;
  #progressAt: number;
  #turn = 0;

  constructor(replicas: readonly ReplicaId[], patience: Patience, now: () => number) {
    this.#sources = new Map(replicas.map((id) => [id, newSource()]));
    this.#patience = patience;
    this.#now = now;
    this.#progressAt = now();
  }

  /** Returns the sources that may be asked now: those that failed least since they last gave something, of several a different one first each time. */
  ready(): ReplicaId[] {
    const now = this.#now();
    const all = [...this.#sources].filter(([, { lied, pausedUntil }]) => !lied && now >= pausedUntil);
    const first = all.length === 0 ? 0 : this.#turn++ % all.length;
    const turned = [...all.slice(first), ...all.slice(0, first)];
    return turned.sort(([, one], [, other]) => one.streak - other.streak).map(([id]) => id);
  }

  /** Asks `replica`; resolves to null if it did not give what it was asked for, or `signal` cancelled the call. */
  async ask<T>(
    replica: ReplicaId,
    signal: AbortSignal,
    call: (options: CallOptions) => Promise<T>,
  ): Promise<T | null> {
    try {
      return await call({ timeoutMs: this.#waitOf(this.#source(replica)), signal });
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof SourceError)) throw error;
      if (error.lied) this.exclude(replica, error.message);
      else this.failed(replica, error.message);
      return null;
    }
  }

  /** Records that `replica` gave `bytes` that were asked for; `isNew` if no failed attempt had fetched them before. */
  gave(replica: ReplicaId, bytes: number, isNew: boolean): void {
    const source = this.#source(replica);
    source.bytes += bytes;
    source.streak = 0;
    if (isNew) this.#progressAt = this.#now();
  }

  /** Records that `replica` gave nothing of use, as an honest one may. */
  failed(replica: ReplicaId, fault: string): void {
    const source = this.#source(replica);
    source.fault = fault;
    source.pausedUntil = this.#now() + this.#waitOf(source);
    source.failures++;
    source.streak++;
  }

  /** Excludes `replica`, which gave what no honest replica gives. */
  exclude(replica: ReplicaId, fault: string): void {
    const source = this.#source(replica);
    source.lied = true;
    source.fault = fault;
  }

  /** Throws {@linkcode NoSourceError} if nothing new arrived for too long, or no source is left to ask. */
  assertHope(what: string): void {
    const waitedMs = this.#now() - this.#progressAt;
    const left = [...this.#sources.values()].filter(({ lied }) => !lied).length;
    if (left > 0 && waitedMs < this.#patience.patienceMs) return;
    const faults = [...this.#sources.values()].flatMap(({ fault }) => fault === null ? [] : [fault]);
    throw new NoSourceError(
      `backup: no replica gave ${what} within ${Math.round(waitedMs)} ms` +
        (faults.length === 0 ? "" : `; ${faults.join("; ")}`),
    );
  }

  /** Returns each source's contribution. */
  report(): Record<string, SourceReport> {
    return Object.fromEntries(
      [...this.#sources].map(([id, { bytes, failures, fault, lied }]) => [id, { bytes, failures, fault, lied }]),
    );
  }

  #waitOf({ streak }: Source): number {
    return doubledUpTo(this.#patience.requestCapMs, this.#patience.requestMs, streak);
  }

  #source(replica: ReplicaId): Source {
    const source = this.#sources.get(replica);
    if (source === undefined) throw new TypeError(`replica was given "${replica}"; wanted a source`);
    return source;
  }
}

const newSource = (): Source => ({
  ...{ bytes: 0, failures: 0, streak: 0 },
  pausedUntil: -Infinity,
  fault: null,
  lied: false,
});
