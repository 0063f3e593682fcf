/** A little load, so that there is something to be late with. */
import type { Client } from "../../../client/mod.ts";

/** Waits for `ms` milliseconds: the pace of a load or a fault, nothing that is waited for. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const PAUSE_MS = 25;
const HTTP_PAUSE_MS = 100;
const TIMEOUT_MS = 2000;

/** Repeats `work`, whatever becomes of it each time, until the returned function is called. */
export function repeat(work: (turn: number) => Promise<unknown>): () => Promise<void> {
  let isOver = false;
  const done = (async () => {
    for (let turn = 0; !isOver; turn++) await work(turn).catch(() => {});
  })();
  return () => {
    isOver = true;
    return done;
  };
}

/** Writes one key after the other, by a client and over HTTP, until the returned function is called. */
export function startLoad(client: Client, overHttp: (key: string) => Promise<void>): () => Promise<void> {
  const loads = [
    repeat(async (turn) => {
      await client.put(`key ${turn % 100}`, `value ${turn}`, { timeoutMs: TIMEOUT_MS }).catch(() => {});
      await delay(PAUSE_MS);
    }),
    repeat(async (turn) => {
      await overHttp(`http-${turn % 100}`).catch(() => {});
      await delay(HTTP_PAUSE_MS);
    }),
  ];
  return async () => {
    await Promise.all(loads.map((stop) => stop()));
  };
}
