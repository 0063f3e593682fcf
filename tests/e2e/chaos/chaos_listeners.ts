/** Watches of what chaos clients write. Each has to hear of every change once, in order, and of nothing else. */
import type { Client, Watch } from "../../../client/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { type Heard, judgeHeard, type WriteDone } from "./judge_heard.ts";
import { nameIn } from "./values.ts";

const CATCH_UP_MS = 60_000;

export class ChaosListeners {
  readonly #clients: readonly Client[];
  readonly #prefix: string;
  readonly #abort = new AbortController();
  readonly #heard: Heard[][] = [];
  #watches: Watch[] = [];
  #running: Promise<unknown> = Promise.resolve();

  /** One listener to keys that begin with `prefix` for each of `clients`. */
  constructor(clients: readonly Client[], prefix: string) {
    this.#clients = clients;
    this.#prefix = prefix;
  }

  /** Number of events heard by the listener that heard the most. */
  get events(): number {
    return Math.max(0, ...this.#heard.map(({ length }) => length));
  }

  get size(): number {
    return this.#watches.length;
  }

  /** Begins to listen from the first revision. */
  async start(): Promise<void> {
    const { signal } = this.#abort;
    this.#watches = await Promise.all(this.#clients.map((client) => client.watch(this.#prefix, { from: 1, signal })));
    this.#running = Promise.all(this.#watches.map((watch, i) => this.#listen(watch, this.#heard[i] = [])));
    this.#running.catch(() => {}); // told by `stop`
  }

  /** Waits until everybody has heard all up to the store's revision, and ends all. Throws what a listener failed with. */
  async stop(): Promise<void> {
    const { revision } = await this.#clients[0]!.txn({ then: [] }, { repeatable: true, timeoutMs: CATCH_UP_MS });
    const level = eventually(
      `listeners to hear of revision ${revision}`,
      () => this.#watches.every(({ through }) => through >= revision),
      CATCH_UP_MS,
    );
    try {
      await Promise.race([level, this.#running.then(() => level)]);
    } finally {
      this.#abort.abort();
      await this.#running.catch(() => {});
    }
  }

  /** Returns what is wrong with what they heard, or null. */
  judge(writes: readonly WriteDone[]): string | null {
    return judgeHeard(this.#heard, writes);
  }

  async #listen(watch: Watch, heard: Heard[]): Promise<void> {
    try {
      for await (const { revision, changes } of watch) {
        for (const { key, value } of changes) heard.push({ revision, key, value: value && nameIn(value) });
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }
}
