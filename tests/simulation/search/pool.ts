/** Runs many seeds on all cores. */
import type { PlanOptions } from "../plan/draw_plan.ts";
import type { SeedResult } from "./seed_runner.ts";

export interface PoolRequest {
  readonly seeds: readonly number[];
  readonly options: PlanOptions;
}

export interface PoolResponse {
  readonly results: readonly SeedResult[];
  /** An error of the simulation itself, or null. */
  readonly error: string | null;
}

export interface PoolOptions extends PlanOptions {
  readonly first: number;
  readonly count: number;
  readonly workers: number;
  /** Stops handing out seeds once it returns true. */
  readonly enough?: () => boolean;
}

/** Seeds handed to a worker at a time. */
const CHUNK = 5;

/** Runs `count` seeds from `first` on; `take` gets each result as it arrives. Rejects if the simulation itself breaks. */
export async function runSeeds(pool: PoolOptions, take: (result: SeedResult) => void): Promise<void> {
  const { first, count, workers, enough, ...options } = pool;
  let next = first;
  const handOut = (): number[] => {
    if (enough?.()) return [];
    const from = next;
    next = Math.min(first + count, next + CHUNK);
    return Array.from({ length: next - from }, (_, i) => from + i);
  };
  await Promise.all(Array.from({ length: Math.max(1, workers) }, () => drive(handOut, options, take)));
}

async function drive(
  handOut: () => number[],
  options: PlanOptions,
  take: (result: SeedResult) => void,
): Promise<void> {
  const worker = new Worker(new URL("./pool_worker.ts", import.meta.url), { type: "module" });
  try {
    for (let seeds = handOut(); seeds.length > 0; seeds = handOut()) {
      const { results, error } = await ask(worker, { seeds, options });
      if (error !== null) throw new Error(error);
      results.forEach(take);
    }
  } finally {
    worker.terminate();
  }
}

function ask(worker: Worker, request: PoolRequest): Promise<PoolResponse> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<PoolResponse>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(request);
  });
}
