/** The health of a replica's disk: refusals and retries, and the duration of commits. */
import type { Logger } from "../diagnostics/logger.ts";
import type { StorageError } from "../storage/port.ts";

/** Pauses between two tries of a disk that refuses, in milliseconds: each is twice the one before. */
export const DISK_RETRY = { firstMs: 1000, maxMs: 30_000 } as const;
/** Minimum interval between two log lines about slow commits, in milliseconds. */
const SLOW_LOG_INTERVAL_MS = 60_000;

/** The storage's part of a status. */
export interface StorageStatus {
  /** While `refused`, the replica signs nothing but answers like this one, and their account of the protocol is what is durable. */
  readonly state: "ok" | "refused";
  /** Milliseconds for which the disk has refused, and its last error; null while it does not refuse. */
  readonly refusedForMs: number | null;
  readonly message: string | null;
  /** Number of times it began to refuse since the process started. */
  readonly refusals: number;
  /** Number of commits that wrote something, and of those that waited until the disk had it, since the process started. */
  readonly commits: number;
  readonly durableCommits: number;
  /** Number of commits that took longer than an election timeout, and the longest of all in milliseconds. */
  readonly slowCommits: number;
  readonly slowestCommitMs: number;
}

interface Refusal {
  readonly since: number;
  message: string;
  tries: number;
  retryAt: number;
}

/** Watches one disk. Times are those of one monotonic clock, in milliseconds. */
export class DiskWatch {
  readonly #slowMs: number;
  readonly #log: Logger;
  #refusal: Refusal | null = null;
  #refusals = 0;
  #pauseMs = 0;
  #backAt = -Infinity;
  #commits = 0;
  #durableCommits = 0;
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

  /** Records that the disk refused. One that came back only a moment ago is retried later than one that worked for a long time. */
  refuse({ message }: StorageError, now: number): void {
    const again = now - this.#backAt < DISK_RETRY.maxMs;
    this.#pauseMs = again ? longer(this.#pauseMs) : DISK_RETRY.firstMs;
    this.#refusal = { since: now, message, tries: 0, retryAt: now + this.#pauseMs };
    this.#refusals++;
    const todo =
      "nothing more is signed until the disk takes writes again: make room on it, or make it writable; no restart is needed";
    this.#log.log("warn", "storage-refused", { message, todo, retryMs: this.#pauseMs });
  }

  /** Returns whether the disk refuses and its next try is due. */
  isDue(now: number): boolean {
    return this.#refusal !== null && now >= this.#refusal.retryAt;
  }

  /** Records that a try failed. */
  refusedAgain({ message }: StorageError, now: number): void {
    const refusal = this.#refusal;
    if (refusal === null) return;
    this.#pauseMs = longer(this.#pauseMs);
    refusal.message = message;
    refusal.tries++;
    refusal.retryAt = now + this.#pauseMs;
    this.#log.log("debug", "storage-refused-again", { message, tries: refusal.tries, retryMs: this.#pauseMs });
  }

  /** Records that a try succeeded. */
  back(now: number): void {
    const refusal = this.#refusal;
    if (refusal === null) return;
    this.#refusal = null;
    this.#backAt = now;
    this.#log.log("warn", "storage-back", { refusedForMs: Math.round(now - refusal.since), tries: refusal.tries + 1 });
  }

  /** Records that a commit took `durationMs`. */
  committed(durationMs: number, now: number): void {
    this.#slowest = Math.max(this.#slowest, durationMs);
    if (durationMs <= this.#slowMs) return;
    this.#slow++;
    if (now - this.#slowLoggedAt < SLOW_LOG_INTERVAL_MS) return;
    this.#slowLoggedAt = now;
    const fields = { commitMs: Math.round(durationMs), boundMs: this.#slowMs, slowCommits: this.#slow };
    this.#log.log("warn", "storage-slow", fields);
  }

  /** Records that a commit wrote something, and whether it waited until the disk had it. */
  wrote(durable: boolean): void {
    this.#commits++;
    if (durable) this.#durableCommits++;
  }

  report(now: number): StorageStatus {
    const refusal = this.#refusal;
    return {
      state: refusal === null ? "ok" : "refused",
      refusedForMs: refusal === null ? null : Math.round(now - refusal.since),
      message: refusal?.message ?? null,
      refusals: this.#refusals,
      commits: this.#commits,
      durableCommits: this.#durableCommits,
      slowCommits: this.#slow,
      slowestCommitMs: Math.round(this.#slowest),
    };
  }
}

const longer = (pauseMs: number): number => Math.min(2 * pauseMs, DISK_RETRY.maxMs);
