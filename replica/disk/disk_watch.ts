/** How a replica's disk does: whether it refuses, when it is tried again, and how long its commits take. */
import type { Logger } from "../diagnostics/logger.ts";
import type { StorageError } from "../storage/port.ts";

/** Pauses between two tries of a disk that refuses, in milliseconds: each is twice the one before. */
export const DISK_RETRY = { firstMs: 1000, maxMs: 30_000 } as const;
/** Slow commits are logged no more often than this, in milliseconds. */
const SLOW_LOG_INTERVAL_MS = 60_000;

/** The storage's part of a status. */
export interface StorageStatus {
  /** While refused, the replica signs nothing but answers like this one, and what they say of the protocol is what is durable. */
  readonly state: "ok" | "refused";
  /** For how long the disk has refused, in milliseconds, and what it said last; null while it does not refuse. */
  readonly refusedForMs: number | null;
  readonly message: string | null;
  /** Times it began to refuse since the process started. */
  readonly refusals: number;
  /** Commits that took longer than an election timeout, and the longest of all in milliseconds. */
  readonly slowCommits: number;
  readonly slowestCommitMs: number;
}

interface Refusal {
  readonly since: number;
  message: string;
  tries: number;
  retryAt: number;
}

/** Times are those of one monotonic clock, in milliseconds. */
export class DiskWatch {
  readonly #slowMs: number;
  readonly #log: Logger;
  #refusal: Refusal | null = null;
  #refusals = 0;
  #pauseMs = 0;
  #backAt = -Infinity;
  #slow = 0;
  #slowest = 0;
  #slowLoggedAt = -Infinity;

  /** Commits longer than `slowMs` count as slow. */
  constructor(slowMs: number, log: Logger) {
    this.#slowMs = slowMs;
    this.#log = log;
  }

  get refused(): boolean {
    return this.#refusal !== null;
  }

  /** The disk refused. One that had come back only a moment ago is tried again later than one that did well for long. */
  refuse({ message }: StorageError, now: number): void {
    const again = now - this.#backAt < DISK_RETRY.maxMs;
    this.#pauseMs = again ? longer(this.#pauseMs) : DISK_RETRY.firstMs;
    this.#refusal = { since: now, message, tries: 0, retryAt: now + this.#pauseMs };
    this.#refusals++;
    const todo =
      "nothing more is signed until the disk takes writes again: make room on it, or make it writable; no restart is needed";
    this.#log.log("warn", "storage-refused", { message, todo, retryMs: this.#pauseMs });
  }

  /** Whether the disk refuses and has its next try now. */
  isDue(now: number): boolean {
    return this.#refusal !== null && now >= this.#refusal.retryAt;
  }

  /** A try failed. */
  refusedAgain({ message }: StorageError, now: number): void {
    const refusal = this.#refusal;
    if (refusal === null) return;
    this.#pauseMs = longer(this.#pauseMs);
    refusal.message = message;
    refusal.tries++;
    refusal.retryAt = now + this.#pauseMs;
    this.#log.log("debug", "storage-refused-again", { message, tries: refusal.tries, retryMs: this.#pauseMs });
  }

  /** A try succeeded. */
  back(now: number): void {
    const refusal = this.#refusal;
    if (refusal === null) return;
    this.#refusal = null;
    this.#backAt = now;
    this.#log.log("warn", "storage-back", { refusedForMs: Math.round(now - refusal.since), tries: refusal.tries + 1 });
  }

  /** A commit took `durationMs`. */
  committed(durationMs: number, now: number): void {
    this.#slowest = Math.max(this.#slowest, durationMs);
    if (durationMs <= this.#slowMs) return;
    this.#slow++;
    if (now - this.#slowLoggedAt < SLOW_LOG_INTERVAL_MS) return;
    this.#slowLoggedAt = now;
    const fields = { commitMs: Math.round(durationMs), boundMs: this.#slowMs, slowCommits: this.#slow };
    this.#log.log("warn", "storage-slow", fields);
  }

  report(now: number): StorageStatus {
    const refusal = this.#refusal;
    return {
      state: refusal === null ? "ok" : "refused",
      refusedForMs: refusal === null ? null : Math.round(now - refusal.since),
      message: refusal?.message ?? null,
      refusals: this.#refusals,
      slowCommits: this.#slow,
      slowestCommitMs: Math.round(this.#slowest),
    };
  }
}

const longer = (pauseMs: number): number => Math.min(2 * pauseMs, DISK_RETRY.maxMs);
