/** Writers of one client process: each has one write under way, and begins the next as soon as it is answered. */
import { BusyError, NoQuorumError, UndecidedError } from "../../client/mod.ts";
import { createHistogram, encodeHistogram, record } from "../support/histogram.ts";

/** Writes `value` under `key`; resolves once it is acknowledged. */
export type Put = (key: string, value: Uint8Array) => Promise<unknown>;

/** Connections that a client process writes over. */
export interface Connections {
  readonly puts: readonly Put[];
  /** Signatures made and checked so far; 0 where there are none. */
  readonly work: { readonly signed: number; readonly verified: number };
}

/** Writes of an open loop. */
export interface Offered {
  readonly offered: number;
  readonly turnedAway: number;
}

/** Result of the writers of one process. */
export interface WriterResult {
  /** Length of the measurement. */
  readonly seconds: number;
  /** Writes that were acknowledged in that time. */
  readonly writes: number;
  /** Writes of unknown outcome: nobody answered in time. */
  readonly failures: number;
  /** Latencies, encoded. */
  readonly histogram: string;
  /** Of an open loop: writes offered in that time, and those of them that were turned away since there were too many. */
  readonly open?: Offered;
}

const MS_PER_SECOND = 1000;

export class Writers {
  #histogram = createHistogram();
  #failures = 0;
  #measuredSince = performance.now();
  #stopping = false;
  readonly #running: Promise<unknown>;

  /** Starts `count` writers, in turn over `puts`, each with a key of its own that begins with `prefix`. */
  constructor(puts: readonly Put[], count: number, prefix: string, size: number) {
    const value = crypto.getRandomValues(new Uint8Array(size));
    const writers = Array.from({ length: count }, (_, i) => this.#write(puts[i % puts.length]!, prefix + i, value));
    this.#running = Promise.all(writers);
    this.#running.catch(() => this.#stopping = true);
  }

  /** Begins the measurement; forgets what was before. */
  measure(): void {
    this.#histogram = createHistogram();
    this.#failures = 0;
    this.#measuredSince = performance.now();
  }

  /** Ends the measurement, and resolves to its result when nothing is under way any more. Rejects with what a writer failed with. */
  async stop(): Promise<WriterResult> {
    const result = {
      seconds: (performance.now() - this.#measuredSince) / MS_PER_SECOND,
      writes: this.#histogram.totalCount,
      failures: this.#failures,
      histogram: encodeHistogram(this.#histogram),
    };
    this.#stopping = true;
    await this.#running;
    return result;
  }

  async #write(put: Put, key: string, value: Uint8Array): Promise<void> {
    while (!this.#stopping) {
      const sent = performance.now();
      try {
        await put(key, value);
        record(this.#histogram, performance.now() - sent);
      } catch (error) {
        if (![NoQuorumError, BusyError, UndecidedError].some((kind) => error instanceof kind)) throw error;
        this.#failures++;
      }
    }
  }
}
