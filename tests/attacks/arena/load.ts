/** Honest load: closed loops of writes, each acknowledged write counted. */
import type { Client } from "../../../client/mod.ts";
import { pause } from "../support/crowd.ts";

const VALUE = new Uint8Array(100).fill(120);
const PATIENCE_MS = 60_000;
/** Pause between rounds where nothing is measured: the load is there, and leaves the processors to what is looked at. */
export const UNHURRIED_MS = 100;

export class Load {
  acknowledged = 0;
  /** Writes that failed, with the message. */
  readonly failures: string[] = [];
  #stopping = false;
  readonly #loops: Promise<void>[];

  /**
   * Starts `writers` loops on each client. With `thinkMs` all of them write in rounds instead: together, so that few entries carry their
   * requests, and again once all have their answers and that time is over.
   */
  constructor(clients: readonly Client[], writers: number, thinkMs = 0) {
    const writes = clients.flatMap((client, place) =>
      Array.from({ length: writers }, (_, writer) => () => this.#write(client, `honest/${place}/${writer}`))
    );
    const round = () => Promise.all([...writes.map((write) => write()), pause(thinkMs)]);
    this.#loops = thinkMs === 0 ? writes.map((write) => this.#repeat(write)) : [this.#repeat(round)];
  }

  /** Returns acknowledged writes a second over the next `seconds`. */
  async measure(seconds: number): Promise<number> {
    const [count, begin] = [this.acknowledged, performance.now()];
    await pause(seconds * 1000);
    return (this.acknowledged - count) * 1000 / (performance.now() - begin);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
  }

  async #repeat(write: () => Promise<unknown>): Promise<void> {
    while (!this.#stopping) await write();
  }

  async #write(client: Client, key: string): Promise<void> {
    try {
      await client.put(key, VALUE, { timeoutMs: PATIENCE_MS });
      this.acknowledged++;
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
  }
}
