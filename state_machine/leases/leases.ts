/** The leases of a store, and which of its keys are in which (`docs/kv-commands.md`). */
import type { ClientId, Millis } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import type { KvOperation } from "../kv_operation.ts";
import { Lease } from "./lease.ts";

/** The reason for which a lease is not granted, or a key not put into one. */
export type LeaseRefusal = "no-lease" | "lease-limit";

/** A key that is to be put into a lease. */
interface LeasedPut {
  readonly key: string;
  readonly lease: number;
}

/** The state of all leases that a snapshot holds. */
export interface LeaseState {
  /** Number of the last lease granted; 0 before the first. */
  readonly last: number;
  /** Log time, as far as the store was told. */
  readonly time: Millis;
  /** Those that have not ended, by ascending numbers. */
  readonly leases: readonly Lease[];
}

export const NO_LEASES: LeaseState = { last: 0, time: 0, leases: [] };

export class Leases {
  #last: number;
  #time: Millis;
  readonly #leases = new Map<number, Lease>();
  readonly #leaseOf = new Map<string, number>();
  readonly #counts = new Map<ClientId, number>();
  /** The earliest deadline; undefined where it has to be looked for. */
  #first: Millis | null | undefined = null;

  constructor({ last, time, leases }: LeaseState = NO_LEASES) {
    this.#last = last;
    this.#time = time;
    for (const lease of leases) {
      this.#add(lease);
      for (const key of lease.keys) this.#leaseOf.set(key, lease.id);
    }
  }

  /** Log time, as far as the store was told. */
  get time(): Millis {
    return this.#time;
  }

  /** A number that, with the store's revision, is never again what it was once a list of leases is another (§7.4). */
  get version(): number {
    return this.#last + this.#time;
  }

  /** True if a lease was ever granted: without one time means nothing here. */
  get isUsed(): boolean {
    return this.#last > 0;
  }

  /** Returns the earliest deadline, or null if there is no lease. */
  get nextDeadline(): Millis | null {
    if (this.#first !== undefined) return this.#first;
    let first: Millis | null = null;
    for (const { deadline } of this.#leases.values()) if (first === null || deadline < first) first = deadline;
    return this.#first = first;
  }

  /** Returns the present leases, which will never change. */
  freeze(): LeaseState {
    return { last: this.#last, time: this.#time, leases: [...this.#leases.values()] };
  }

  /** Yields the leases behind number `after`, ascending. */
  *behind(after: number): Generator<Lease> {
    for (const lease of this.#leases.values()) if (lease.id > after) yield lease;
  }

  /** Takes note of log time. */
  tell(time: Millis): void {
    this.#time = time;
  }

  /** Grants a lease to `client` at log time `time`; null where there are too many. */
  grant(client: ClientId, ttlMs: Millis, time: Millis): Lease | null {
    const own = this.#counts.get(client) ?? 0;
    if (own >= KV_LIMITS.maxClientLeases || this.#leases.size >= KV_LIMITS.maxLeases) return null;
    this.#time = time;
    const lease = new Lease({ id: ++this.#last, client, ttlMs, deadline: deadlineOf(ttlMs, time), keys: [] });
    this.#add(lease);
    return lease;
  }

  /** Returns the lease of that number if it is the client's and its time has not come; else null. */
  of(client: ClientId, id: number): Lease | null {
    const lease = this.#leases.get(id);
    return lease !== undefined && lease.client === client && lease.deadline > this.#time ? lease : null;
  }

  /** Returns the lease that a key is in; null if it is in none. */
  holding(key: string): Lease | null {
    return this.#leases.get(this.#leaseOf.get(key) ?? 0) ?? null;
  }

  /** Has a lease last for its whole time from log time `time` on. */
  renew(lease: Lease, time: Millis): void {
    this.#replace(lease.with({ deadline: deadlineOf(lease.ttlMs, time) }));
  }

  /** Removes a lease; its keys are in none then. */
  remove({ id, client, keys }: Lease): void {
    this.#leases.delete(id);
    for (const key of keys) this.#leaseOf.delete(key);
    const left = this.#counts.get(client)! - 1;
    if (left > 0) this.#counts.set(client, left);
    else this.#counts.delete(client);
    this.#first = undefined;
  }

  /** Returns the leases whose time has come, ascending, as many as are to end at once; the others wait for the next time that log time moves. */
  due(): Lease[] {
    const due: Lease[] = [];
    let keys = 0;
    for (const lease of this.#leases.values()) {
      if (lease.deadline > this.#time) continue;
      if (due.length >= KV_LIMITS.maxEndingLeases || keys + lease.keys.length > KV_LIMITS.maxEndingKeys) break;
      keys += lease.keys.length;
      due.push(lease);
    }
    return due;
  }

  /** Returns why these puts of a client may not be done; null if they may. */
  refusal(client: ClientId, puts: readonly LeasedPut[]): LeaseRefusal | null {
    const added = new Map<number, number>();
    for (const { key, lease: id } of puts) {
      const lease = this.of(client, id);
      if (lease === null) return "no-lease";
      const more = (added.get(id) ?? 0) + (this.#leaseOf.get(key) === id ? 0 : 1);
      if (lease.keys.length + more > KV_LIMITS.maxLeaseKeys) return "lease-limit";
      added.set(id, more);
    }
    return null;
  }

  /** Puts a key into the lease of that number, which takes it, or with 0 into none; it leaves the one it was in. */
  attach(key: string, id: number): void {
    const before = this.#leaseOf.get(key) ?? 0;
    if (before === id) return;
    if (before > 0) {
      const lease = this.#leases.get(before)!;
      this.#replace(lease.with({ keys: lease.keys.filter((each) => each !== key) }));
      this.#leaseOf.delete(key);
    }
    if (id === 0) return;
    const lease = this.#leases.get(id)!;
    this.#replace(lease.with({ keys: [...lease.keys, key] }));
    this.#leaseOf.set(key, id);
  }

  #add(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    this.#counts.set(lease.client, (this.#counts.get(lease.client) ?? 0) + 1);
    this.#first = undefined;
  }

  #replace(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    this.#first = undefined;
  }
}

/** §15.6: no earlier, whatever clocks read when it was granted. */
const deadlineOf = (ttlMs: Millis, time: Millis): Millis => time + ttlMs + LIMITS.clockLeadMs;

/** Returns the puts among these operations that name a lease. */
export const leasedPuts = (operations: readonly KvOperation[]): LeasedPut[] =>
  operations.flatMap((operation) =>
    operation.op === "put" && operation.lease ? [{ key: operation.key, lease: operation.lease }] : []
  );
