/** Writes the keys of a backup into a running cluster, through its log like any client's writes. */
import type { KvStore, ListItem } from "../../state_machine/mod.ts";
import type { Client } from "../client_types.ts";
import { RefusedError, RestoreError } from "../errors.ts";

/** Options of {@linkcode restoreInto}. */
export interface RestoreOptions {
  /** Allows the cluster to hold keys already: those of the backup are overwritten, others stay. Default false. */
  readonly intoExisting?: boolean;
  /** Called with the number of keys written so far, of `total`. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Cancels the restore; writes already sent may still be executed. */
  readonly signal?: AbortSignal;
}

/** Result of a restore. */
export interface Restored {
  readonly keys: number;
  /** Store revision of the cluster after the last write. */
  readonly revision: number;
}

/** Bytes of values in flight, in total. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Writes all keys of `store`, the store a backup was verified into, to the cluster of `client`. Revisions start anew: they count that
 * cluster's own writes. Rejects with {@linkcode RefusedError} if the cluster holds keys and `intoExisting` is not set, and with
 * {@linkcode RestoreError} if it stopped on the way; repeating it with `intoExisting` completes it.
 */
export async function restoreInto(
  client: Pick<Client, "put" | "cas" | "list" | "roster">,
  store: KvStore,
  options: RestoreOptions = {},
): Promise<Restored> {
  if (options.intoExisting !== true) await assertEmpty(client, options);
  const writing = new Writing(client, store.size, options);
  await writing.run(store.items());
  return { keys: writing.done, revision: writing.revision };
}

async function assertEmpty(client: Pick<Client, "list" | "roster">, { signal }: RestoreOptions): Promise<void> {
  const { items } = await client.list("", { limit: 1, ...(signal ? { signal } : {}) });
  if (items.length === 0) return;
  throw new RefusedError(
    "not-empty",
    `cluster ${client.roster.cluster} holds keys; wanted an empty one, or to write into it all the same (--into-existing)`,
  );
}

class Writing {
  done = 0;
  revision = 0;
  readonly #client: Pick<Client, "put" | "cas" | "roster">;
  readonly #options: RestoreOptions;
  readonly #total: number;
  /** Concurrent writes: half the session window, which is what the client uses of it. */
  readonly #most: number;
  readonly #pending = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(client: Pick<Client, "put" | "cas" | "roster">, total: number, options: RestoreOptions) {
    this.#client = client;
    this.#options = options;
    this.#total = total;
    this.#most = client.roster.constants.sessionWindow / 2;
  }

  async run(items: Iterable<ListItem>): Promise<void> {
    for (const item of items) {
      while (this.#pending.size >= this.#most || this.#bytes >= MAX_BYTES) await Promise.race(this.#pending);
      if (this.#failure !== null) break;
      this.#start(item);
    }
    await Promise.all(this.#pending);
    if (this.#failure !== null) throw new RestoreError(this.done, this.#total, this.#failure.error);
  }

  #start(item: ListItem): void {
    this.#bytes += item.value.length;
    const pending = this.#write(item)
      .catch((error) => void (this.#failure ??= { error }))
      .finally(() => {
        this.#pending.delete(pending);
        this.#bytes -= item.value.length;
      });
    this.#pending.add(pending);
  }

  async #write({ key, value }: ListItem): Promise<void> {
    const { intoExisting, signal, onProgress } = this.#options;
    const options = signal ? { signal } : {};
    const { done, revision } = intoExisting === true
      ? { done: true, ...await this.#client.put(key, value, options) }
      : await this.#client.cas(key, 0, value, options);
    if (!done) throw new RefusedError("not-empty", `key ${JSON.stringify(key)} was written by somebody else meanwhile`);
    this.revision = Math.max(this.revision, revision);
    onProgress?.(++this.done, this.#total);
  }
}
