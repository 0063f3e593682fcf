/** Writers for end-to-end tests that record what was acknowledged, so that it can be checked afterwards. */
import type { Client } from "../../../client/mod.ts";

/**
 * Pause of a writer between two writes: enough for requests to be under way at any time, and little work for the processors, so that
 * elections and restarts under load take the time they need and not the time that the load leaves them.
 */
const THINK_MS = 25;

export interface Workload {
  /** Writes acknowledged so far. */
  readonly acknowledged: number;
  /** Waits for writes in flight and ends. */
  stop(): Promise<void>;
}

/**
 * Starts `writers` loops on `client`, each with a pause of `thinkMs` between two writes. Writer w counts up by cas on key `<prefix><w>`, so
 * that a write applied twice would show as a refusal, and a lost one as a value that is too low.
 */
export function startCounting(
  client: Client,
  writers: number,
  { prefix = "w", thinkMs = THINK_MS } = {},
): Workload & { check(reader: Client): Promise<void> } {
  const key = (writer: number): string => `${prefix}${writer}`;
  const counts = new Array<number>(writers).fill(0);
  let stopping = false;
  const loops = counts.map(async (_, writer) => {
    let revision = 0;
    while (!stopping) {
      const result = await client.cas(key(writer), revision, String(counts[writer]! + 1), { timeoutMs: 60_000 });
      if (!result.done) {
        throw new Error(`${key(writer)}: cas of revision ${revision} refused, it is at ${result.revision}`);
      }
      revision = result.revision;
      counts[writer]!++;
      await new Promise((resolve) => setTimeout(resolve, thinkMs));
    }
  });
  const all = Promise.all(loops);
  all.catch(() => stopping = true);
  return {
    get acknowledged() {
      return counts.reduce((a, b) => a + b, 0);
    },
    async stop() {
      stopping = true;
      await all;
    },
    async check(reader) {
      for (const [writer, count] of counts.entries()) {
        const read = await reader.get(key(writer), { timeoutMs: 60_000 });
        const value = read.found ? new TextDecoder().decode(read.value) : "0";
        if (value !== String(count)) throw new Error(`${key(writer)}: ${count} writes acknowledged, read ${value}`);
      }
    },
  };
}

/** Writes `count` keys, `parallel` at a time. */
export async function writeMany(client: Client, count: number, parallel: number): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    for (let i = next++; i < count; i = next++) await client.put(`key-${i}`, `value-${i}`, { timeoutMs: 60_000 });
  }));
}
