/** Honest load: closed loops of writes, each acknowledged write counted. */
import type { Client } from "../../../client/mod.ts";
import { pause } from "../support/crowd.ts";

const VALUE = new Uint8Array(100).fill(120);
const PATIENCE_MS = 60_000;
/** Pause of a writer where nothing is measured: the load is there, and leaves the processors to what is looked at. */
export const UNHURRIED_MS = 50;

export class Load {
  acknowledged = 0;
  /** Writes that failed, with the message. */
  readonly failures: string[] = [];
  #stopping = false;
  readonly #loops: Promise<void>[];

  readonly #thinkMs: number;

  /** Starts `writers` loops on each client, each with a pause of `thinkMs` between two writes. */
  constructor(clients: readonly Client[], writers: number, thinkMs = 0) {
    this.#thinkMs = thinkMs;
    this.#loops = clients.flatMap((client, place) =>
      Array.from({ length: writers }, (_, writer) => this.#write(client, `honest/${place}/${writer}`))
    );
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

  async #write(client: Client, key: string): Promise<void> {
    while (!this.#stopping) {
      try {
        await client.put(key, VALUE, { timeoutMs: PATIENCE_MS });
        this.acknowledged++;
        await pause(this.#thinkMs);
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
