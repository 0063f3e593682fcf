/** A worker of the pool: runs the seeds it is given and returns their results. */
import type { PoolRequest, PoolResponse } from "./pool.ts";
import { createPlanRunner, runSeed } from "./seed_runner.ts";

declare const self: {
  onmessage: ((event: { readonly data: PoolRequest }) => void) | null;
  postMessage(message: PoolResponse): void;
};

const ready = createPlanRunner();

self.onmessage = async ({ data: { seeds, options } }) => {
  try {
    const run = await ready;
    self.postMessage({ results: seeds.map((seed) => runSeed(run, seed, options)), error: null });
  } catch (error) {
    self.postMessage({ results: [], error: `seeds ${seeds.join(" ")}: ${(error as Error).stack}` });
  }
};
