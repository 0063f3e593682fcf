/** Closed-loop load on a cluster: each client has one write in flight at a time, with a key of its own. */
import type { Client } from "../../client/mod.ts";
import { summarize } from "./latencies.ts";

export interface LoadResult {
  readonly clients: number;
  readonly seconds: number;
  readonly writes: number;
  readonly writesPerSecond: number;
  /** Latencies in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Runs `clients` for `seconds` after a warm-up of a tenth of that; every write puts `size` bytes under a key of its client. */
export async function closedLoop(clients: readonly Client[], seconds: number, size: number): Promise<LoadResult> {
  const value = new Uint8Array(size).fill(120);
  const start = performance.now() + seconds * 100;
  const end = start + seconds * 1000;
  const latencies: number[] = [];
  await Promise.all(clients.map(async (client, i) => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      await client.put(`bench/${i}`, value);
      const done = performance.now();
      if (sent >= start && done <= end) latencies.push(done - sent);
    }
  }));
  const { count: writes, p50, p99, max } = summarize(latencies);
  return { clients: clients.length, seconds, writes, writesPerSecond: writes / seconds, p50, p99, max };
}
