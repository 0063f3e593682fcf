/** Fills a store with values that share no content. */
import type { Client } from "../../client/mod.ts";

/** Concurrent writes: enough to keep the cluster busy, and bounded in bytes. */
const PARALLEL = 12;

/** Writes `count` keys of `size` random bytes. */
export async function fill(client: Client, count: number, size: number): Promise<void> {
  let next = 0;
  const write = async () => {
    for (let i = next++; i < count; i = next++) {
      await client.put(`fill/${i}`, crypto.getRandomValues(new Uint8Array(size)), { timeoutMs: 120_000 });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, write));
}
