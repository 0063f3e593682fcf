/** All client processes of one system under test. */
import { type Latencies, latenciesOf, mergeHistograms } from "../support/histogram.ts";
import type { Pids } from "../support/proc_sample.ts";
import type { LoadResult, SignatureCount } from "./load_command.ts";
import { LoadProcess } from "./load_process.ts";
import { spread } from "./spread.ts";

/** Measurement of all processes together. */
export interface Measured extends SignatureCount {
  readonly seconds: number;
  readonly writes: number;
  readonly reads: number;
  readonly readsOrdered: number;
  readonly failures: number;
  readonly writesPerSecond: number;
  readonly latencyMs: Latencies;
}

export class LoadGroup implements AsyncDisposable {
  readonly #processes: readonly LoadProcess[];

  private constructor(processes: readonly LoadProcess[]) {
    this.#processes = processes;
  }

  /** Starts a process for each list of arguments, and waits until all are connected. */
  static async open(args: readonly (readonly string[])[]): Promise<LoadGroup> {
    const started = await Promise.allSettled(args.map((each, i) => LoadProcess.start(`client${i + 1}`, each)));
    const processes = started.filter((each) => each.status === "fulfilled").map(({ value }) => value);
    const group = new LoadGroup(processes);
    const failed = started.find((each) => each.status === "rejected");
    if (failed === undefined) return group;
    await group[Symbol.asyncDispose]();
    throw failed.reason;
  }

  get pids(): Pids {
    return Object.fromEntries(this.#processes.map(({ name, pid }) => [name, pid]));
  }

  /** Starts `writers`, spread over the processes; so many per cent of what they do are reads. */
  async start(writers: number, size: number, readPercent = 0): Promise<void> {
    const counts = spread(writers, this.#processes.length);
    await Promise.all(this.#processes.map((process, i) => process.start(counts[i]!, size, readPercent)));
  }

  async measure(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.measure()));
  }

  /** Ends the measurement and all writers. */
  async stop(): Promise<Measured> {
    return mergeResults(await Promise.all(this.#processes.map((process) => process.stop())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }
}

/** Merges the results of processes that wrote at the same time: their rates add up, each over its own time. */
export function mergeResults(results: readonly LoadResult[]): Measured {
  const sum = (of: (result: LoadResult) => number) => results.reduce((total, result) => total + of(result), 0);
  return {
    seconds: sum(({ seconds }) => seconds) / results.length,
    writes: sum(({ writes }) => writes),
    reads: sum(({ reads }) => reads),
    readsOrdered: sum(({ readsOrdered }) => readsOrdered),
    failures: sum(({ failures }) => failures),
    writesPerSecond: sum(({ writes, seconds }) => writes / seconds),
    latencyMs: latenciesOf(mergeHistograms(results.map(({ histogram }) => histogram))),
    signed: sum(({ signed }) => signed),
    verified: sum(({ verified }) => verified),
  };
}
