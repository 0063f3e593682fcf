/** Writers of one client process: each has one write under way, and begins the next as soon as it is answered. */
import { NoQuorumError, UndecidedError } from "../../client/mod.ts";
import { createHistogram, encodeHistogram, record } from "../support/histogram.ts";

/** Writes `value` under `key`; resolves once it is acknowledged. */
export type Put = (key: string, value: Uint8Array) => Promise<unknown>;

/** Reads `key` outside the log; resolves to whether it was answered there, or through the log after all. */
export type Read = (key: string) => Promise<{ readonly fast: boolean }>;

/** Connections that a client process writes over. */
export interface Connections {
  readonly puts: readonly Put[];
  /** Fast reads over the same connections; none of a system that has no such thing. */
  readonly reads: readonly Read[];
  /** Signatures made and checked so far; 0 where there are none. */
  readonly work: { readonly signed: number; readonly verified: number };
}

/** Result of the writers of one process. */
export interface WriterResult {
  /** Length of the measurement. */
  readonly seconds: number;
  /** Calls that were answered in that time: writes, and reads where some are wanted. */
  readonly writes: number;
  /** Reads among them, and how many of these went through the log. */
  readonly reads: number;
  readonly readsOrdered: number;
  /** Writes of unknown outcome: nobody answered in time. */
  readonly failures: number;
  /** Latencies, encoded. */
  readonly histogram: string;
}

/** The part of the calls that are reads. */
export interface ReadMix {
  readonly reads: readonly Read[];
  readonly percent: number;
}

const MS_PER_SECOND = 1000;
const WRITES_ALONE: ReadMix = { reads: [], percent: 0 };

/** Returns whether the call with this number is a read: of a hundred in a row so many are, evenly spread. */
const isRead = (call: number, percent: number): boolean =>
  Math.floor(call * percent / 100) > Math.floor((call - 1) * percent / 100);

export class Writers {
  #histogram = createHistogram();
  #reads = 0;
  #readsOrdered = 0;
  #failures = 0;
  #measuredSince = performance.now();
  #stopping = false;
  readonly #running: Promise<unknown>;

  /** Starts `count` writers, in turn over `puts`, each with a key of its own that begins with `prefix`; what is read was written before. */
  constructor(
    puts: readonly Put[],
    count: number,
    prefix: string,
    size: number,
    { reads, percent }: ReadMix = WRITES_ALONE,
  ) {
    const value = crypto.getRandomValues(new Uint8Array(size));
    const writers = Array.from({ length: count }, (_, i) => {
      const [put, read, key] = [puts[i % puts.length]!, reads[i % reads.length], prefix + i];
      return this.#run(i, (call) => {
        return read === undefined || call === i || !isRead(call, percent) ? put(key, value) : this.#read(read, key);
      });
    });
    this.#running = Promise.all(writers);
    this.#running.catch(() => this.#stopping = true);
  }

  /** Begins the measurement; forgets what was before. */
  measure(): void {
    this.#histogram = createHistogram();
    this.#failures = 0;
    this.#reads = 0;
    this.#readsOrdered = 0;
    this.#measuredSince = performance.now();
  }

  /** Ends the measurement, and resolves to its result when nothing is under way any more. Rejects with what a writer failed with. */
  async stop(): Promise<WriterResult> {
    const result = {
      seconds: (performance.now() - this.#measuredSince) / MS_PER_SECOND,
      writes: this.#histogram.totalCount,
      reads: this.#reads,
      readsOrdered: this.#readsOrdered,
      failures: this.#failures,
      histogram: encodeHistogram(this.#histogram),
    };
    this.#stopping = true;
    await this.#running;
    return result;
  }

  async #read(read: Read, key: string): Promise<void> {
    const { fast } = await read(key);
    this.#reads++;
    if (!fast) this.#readsOrdered++;
  }

  /** Makes calls one after the other, numbered from `first` on. */
  async #run(first: number, makeCall: (call: number) => Promise<unknown>): Promise<void> {
    for (let call = first; !this.#stopping; call++) {
      const sent = performance.now();
      try {
        await makeCall(call);
        record(this.#histogram, performance.now() - sent);
      } catch (error) {
        if (!(error instanceof NoQuorumError || error instanceof UndecidedError)) throw error;
        this.#failures++;
      }
    }
  }
}
