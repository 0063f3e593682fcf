/** Samples and events of a run, on one clock. */
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import type { Observer } from "../../tasks/support/observer.ts";
import { type ReplicaSample, sampleReplicas } from "../support/replica_sampler.ts";
import type { SteadyLoad, Window } from "../support/steady_load.ts";

export interface Sample {
  /** Seconds since the load began. */
  readonly seconds: number;
  /** Writes acknowledged since the previous sample, latencies in milliseconds. */
  readonly load: Window;
  readonly replicas: readonly ReplicaSample[];
}

export interface TimelineEvent {
  readonly seconds: number;
  readonly text: string;
}

export class Timeline {
  readonly samples: Sample[] = [];
  readonly events: TimelineEvent[] = [];
  readonly #start = performance.now();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Seconds since the load began. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  mark(text: string): void {
    this.events.push({ seconds: this.seconds, text });
    this.#say(`${this.seconds.toFixed(1).padStart(7)} s  ${text}`);
  }

  /** Takes a sample every `intervalSeconds` until `seconds` have passed. */
  async sampleUntil(seconds: number, intervalSeconds: number, parts: SampledParts): Promise<void> {
    for (let due = 0; due <= seconds; due = Math.max(due, this.seconds - intervalSeconds) + intervalSeconds) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 * (due - this.seconds))));
      await this.#sample(parts);
    }
  }

  async #sample({ cluster, observer, load }: SampledParts): Promise<void> {
    const replicas = await sampleReplicas(cluster, observer);
    this.samples.push({ seconds: this.seconds, load: load.window(), replicas });
  }
}

export interface SampledParts {
  readonly cluster: LocalCluster;
  readonly observer: Observer;
  readonly load: SteadyLoad;
}
