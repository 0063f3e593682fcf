/**
 * Writes that are offered at a rate, whether or not earlier ones are answered: an open loop. Arrivals are a Poisson process, and latencies count
 * from when a write was meant to begin, so that what a busy process or cluster holds up is not left out.
 */
import { BusyError, NoQuorumError, RefusedError, UndecidedError } from "../../client/mod.ts";
import { createHistogram, encodeHistogram, record } from "../support/histogram.ts";
import type { Put, WriterResult } from "./writers.ts";

const MS_PER_SECOND = 1000;
/** Longest sleep between two looks at the clock. */
const MOST_SLEEP_MS = 5;
/** Writes that are begun before answers have their turn: a process that cannot keep up offers less, and says so. */
const MOST_AT_ONCE = 256;
/** Keys that are written, in turn. */
const KEYS = 1000;

export interface OpenLoad {
  /** Writes a second. */
  readonly rate: number;
  readonly prefix: string;
  /** Bytes of a value. */
  readonly size: number;
}

export class OpenWriters {
  readonly #puts: readonly Put[];
  readonly #load: OpenLoad;
  readonly #value: Uint8Array;
  readonly #running: Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  #histogram = createHistogram();
  #counts = { offered: 0, turnedAway: 0, failures: 0 };
  #measuredSince = performance.now();
  #stopping = false;
  #failed: unknown = null;

  /** Starts to write, in turn over `puts`. */
  constructor(puts: readonly Put[], load: OpenLoad) {
    this.#puts = puts;
    this.#load = load;
    this.#value = crypto.getRandomValues(new Uint8Array(load.size));
    this.#running = this.#run();
  }

  /** Begins the measurement; forgets what was before. */
  measure(): void {
    this.#histogram = createHistogram();
    this.#counts = { offered: 0, turnedAway: 0, failures: 0 };
    this.#measuredSince = performance.now();
  }

  /** Ends the measurement, and resolves to its result when nothing is under way any more. Rejects with what a write failed with. */
  async stop(): Promise<WriterResult> {
    const { offered, turnedAway, failures } = this.#counts;
    const seconds = (performance.now() - this.#measuredSince) / MS_PER_SECOND;
    const [writes, histogram] = [this.#histogram.totalCount, encodeHistogram(this.#histogram)];
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#underWay);
    if (this.#failed !== null) throw this.#failed;
    return { seconds, writes, reads: 0, readsOrdered: 0, failures, histogram, open: { offered, turnedAway } };
  }

  async #run(): Promise<void> {
    const meanMs = MS_PER_SECOND / this.#load.rate;
    for (let [due, count] = [performance.now(), 0]; !this.#stopping;) {
      const now = performance.now();
      for (let left = MOST_AT_ONCE; due <= now && left > 0; left--) {
        this.#offer(count++, due);
        due -= meanMs * Math.log(1 - Math.random());
      }
      const waitMs = Math.min(MOST_SLEEP_MS, due - performance.now());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
    }
  }

  #offer(count: number, dueAt: number): void {
    this.#counts.offered++;
    const put = this.#puts[count % this.#puts.length]!;
    const write = this.#write(put, `${this.#load.prefix}${count % KEYS}`, dueAt);
    this.#underWay.add(write);
    write.finally(() => this.#underWay.delete(write));
  }

  async #write(put: Put, key: string, dueAt: number): Promise<void> {
    const [counts, histogram] = [this.#counts, this.#histogram];
    try {
      await put(key, this.#value);
      record(histogram, performance.now() - dueAt);
    } catch (error) {
      if (error instanceof BusyError || (error instanceof RefusedError && error.code === "queue-full")) {
        counts.turnedAway++;
      } else if (error instanceof NoQuorumError || error instanceof UndecidedError) {
        counts.failures++;
      } else {
        this.#failed ??= error;
        this.#stopping = true;
      }
    }
  }
}
