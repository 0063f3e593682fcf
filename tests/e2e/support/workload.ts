/** Writers for end-to-end tests that record what was acknowledged, so that it can be checked afterwards. */
import type { Client } from "../../../client/mod.ts";

/**
 * Pause between two rounds of writes: requests come all the time, and make little work for the processors, so that elections and restarts
 * under load take the time they need and not the time that the load leaves them.
 */
const THINK_MS = 100;

export interface Workload {
  /** Writes acknowledged so far. */
  readonly acknowledged: number;
  /** Waits for writes in flight and ends. */
  stop(): Promise<void>;
}

/**
 * Has `writers` write through `client` in rounds: together, so that few entries carry their requests, and again `thinkMs` after all have their
 * answers. Writer w counts up by cas on key `<prefix><w>`, so that a write applied twice would show as a refusal, and a lost one as a value
 * that is too low.
 */
export function startCounting(
  client: Client,
  writers: number,
  { prefix = "w", thinkMs = THINK_MS } = {},
): Workload & { check(reader: Client): Promise<void> } {
  const key = (writer: number): string => `${prefix}${writer}`;
  const counts = new Array<number>(writers).fill(0);
  const revisions = new Array<number>(writers).fill(0);
  let stopping = false;
  const write = async (writer: number): Promise<void> => {
    const [name, revision] = [key(writer), revisions[writer]!];
    const result = await client.cas(name, revision, String(counts[writer]! + 1), { timeoutMs: 60_000 });
    if (!result.done) throw new Error(`${name}: cas of revision ${revision} refused, it is at ${result.revision}`);
    revisions[writer] = result.revision;
    counts[writer]!++;
  };
  const rounds = (async () => {
    while (!stopping) {
      await Promise.all(counts.keys().map(write));
      await new Promise((resolve) => setTimeout(resolve, thinkMs));
    }
  })();
  rounds.catch(() => {}); // told by whoever stops
  return {
    get acknowledged() {
      return counts.reduce((a, b) => a + b, 0);
    },
    async stop() {
      stopping = true;
      await rounds;
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
