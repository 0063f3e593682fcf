/** Writes the keys of a backup into a running cluster, through its log like any client's writes. */
import { KV_LIMITS, type KvStore, type ListItem } from "../../state_machine/mod.ts";
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
  /** Leases that were granted for keys that go with one. */
  readonly leases: number;
}

type Target = Pick<Client, "put" | "cas" | "txn" | "list" | "grantLease" | "keepAlive" | "roster">;

/** Bytes of values in flight, in total. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Writes all keys of `store`, the store a backup was verified into, to the cluster of `client`. Revisions start anew: they count that
 * cluster's own writes. Keys that go with a lease go with one of this client's then, of the same time, which nobody renews once the restore has ended. Rejects with {@linkcode RefusedError} if the cluster holds keys and `intoExisting` is not set, and with
 * {@linkcode RestoreError} if it stopped on the way; repeating it with `intoExisting` completes it.
 */
export async function restoreInto(
  client: Target,
  store: KvStore,
  options: RestoreOptions = {},
): Promise<Restored> {
  if (options.intoExisting !== true) await assertEmpty(client, options);
  const writing = new Writing(client, store, options);
  await writing.run();
  return { keys: writing.done, revision: writing.revision, leases: writing.leases };
}

async function assertEmpty(client: Target, { signal }: RestoreOptions): Promise<void> {
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
  readonly #client: Target;
  readonly #store: KvStore;
  readonly #options: RestoreOptions;
  readonly #leases: NewLeases;
  /** Concurrent writes: half the session window, which is what the client uses of it. */
  readonly #most: number;
  readonly #pending = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(client: Target, store: KvStore, options: RestoreOptions) {
    this.#client = client;
    this.#store = store;
    this.#options = options;
    this.#leases = new NewLeases(client, options);
    this.#most = client.roster.constants.sessionWindow / 2;
  }

  /** Number of leases granted so far. */
  get leases(): number {
    return this.#leases.granted;
  }

  async run(): Promise<void> {
    for (const item of this.#store.items()) {
      while (this.#pending.size >= this.#most || this.#bytes >= MAX_BYTES) await Promise.race(this.#pending);
      if (this.#failure !== null) break;
      this.#start(item);
    }
    await Promise.all(this.#pending);
    this.#leases.end();
    if (this.#failure !== null) throw new RestoreError(this.done, this.#store.size, this.#failure.error);
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

  async #write(item: ListItem): Promise<void> {
    const { key } = item;
    const held = this.#store.leaseOf(key);
    const lease = held === null ? null : await this.#leases.of(held.ttlMs);
    const { done, revision } = await this.#put(item, lease === null ? {} : { lease });
    if (!done) throw new RefusedError("not-empty", `key ${JSON.stringify(key)} was written by somebody else meanwhile`);
    this.revision = Math.max(this.revision, revision);
    // Not in the call below, whose arguments nobody evaluates where nobody listens.
    this.done++;
    this.#options.onProgress?.(this.done, this.#store.size);
  }

  async #put(
    { key, value }: ListItem,
    leased: { readonly lease?: number },
  ): Promise<{ readonly done: boolean; readonly revision: number }> {
    const { intoExisting, signal } = this.#options;
    const options = signal ? { signal } : {};
    if (intoExisting === true) return { done: true, ...await this.#client.put(key, value, { ...options, ...leased }) };
    if (leased.lease === undefined) return await this.#client.cas(key, 0, value, options);
    const { succeeded, revision } = await this.#client.txn({
      compare: [{ key, target: "revision", is: "=", to: 0 }],
      then: [{ op: "put", key, value, ...leased }],
    }, options);
    return { done: succeeded, revision };
  }
}

/** Leases of the restore's own client: one for as many keys as fit that go with leases of the same time, since all of those end together. */
class NewLeases {
  granted = 0;
  readonly #client: Target;
  readonly #options: RestoreOptions;
  readonly #open = new Map<number, { readonly lease: Promise<number>; keys: number }>();
  readonly #ended = new AbortController();

  constructor(client: Target, options: RestoreOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Returns the lease for one more key; it is kept alive until `end`. */
  of(ttlMs: number): Promise<number> {
    let open = this.#open.get(ttlMs);
    if (open === undefined || open.keys === KV_LIMITS.maxLeaseKeys) {
      open = { lease: this.#grant(ttlMs), keys: 0 };
      this.#open.set(ttlMs, open);
    }
    open.keys++;
    return open.lease;
  }

  end(): void {
    this.#ended.abort();
  }

  async #grant(ttlMs: number): Promise<number> {
    const { signal } = this.#options;
    const { lease } = await this.#client.grantLease(ttlMs, signal ? { signal } : {});
    this.granted++;
    // Where it ends all the same, the next key that is put into it says so.
    this.#client.keepAlive(lease, { signal: this.#ended.signal }).catch(() => {});
    return lease;
  }
}
