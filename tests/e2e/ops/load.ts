/** A little load, so that there is something to be late with. */
import type { Client } from "../../../client/mod.ts";

/** Waits for `ms` milliseconds: the pace of a load or a fault, nothing that is waited for. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const PAUSE_MS = 25;
const TIMEOUT_MS = 2000;

/** Writes one key after the other until the returned function is called, whatever becomes of each write. */
export function writeOn(client: Client): () => Promise<void> {
  let isOver = false;
  const done = (async () => {
    for (let i = 0; !isOver; i++) {
      await client.put(`key ${i % 100}`, `value ${i}`, { timeoutMs: TIMEOUT_MS }).catch(() => {});
      await delay(PAUSE_MS);
    }
  })();
  return () => {
    isOver = true;
    return done;
  };
}
